import { int } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { denoisingLoss } from '../generator/denoising.js';
import { defineTarget } from './target.js';

/**
 * The negated denoising loss of a point, averaged over time steps and noise draws that are the same for all models
 * (Zheng et al. 2024, D-TRAK, section 5: 1000 steps, 3 draws).
 */
export const negDenoisingLoss = defineTarget({
  id: 'neg-denoising-loss',
  title: 'Negated denoising loss',
  kind: 'generator',
  params: {
    timesteps: int({ default: 100, min: 1, help: 'time steps averaged over, evenly spread' }),
    draws: int({ default: 3, min: 1, max: 1000, help: 'noise draws averaged over at each time step' }),
  },
  words:
    'negated mean squared error of the predicted noise over the numbers of an input, averaged over time steps and noise draws that are the same for all models',
  formula: '-mean over time steps t and draws e of mean((network(signal[t] * x + noise[t] * e, features[t]) - e)^2)',
  output: (prediction, noise) => tf.neg(denoisingLoss(prediction, noise)),
});

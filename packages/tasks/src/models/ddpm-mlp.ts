import { int, list } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { diffusionParams } from '../generator/diffusion.js';
import { activations } from '../nn/functions/activations.js';
import { flattened } from '../nn/functions/flattened.js';
import { defineModel } from './model.js';

/** A denoiser for small inputs: dense layers with SiLU on the noisy input joined with its time features. */
export const ddpmMlp = defineModel({
  id: 'ddpm-mlp',
  title: 'Diffusion model, multi-layer perceptron',
  kind: 'generator',
  stackable: true,
  cite: 'Ho et al. 2020, arXiv:2006.11239',
  params: {
    hidden: list(int({ min: 1, max: 65_536, help: 'units' }), {
      default: [128, 128],
      help: 'units of each hidden layer',
    }),
    timeFeatures: int({ default: 16, min: 2, max: 4096, help: 'sines and cosines of the time step; even' }),
    ...diffusionParams,
  },
  recipe: { epochs: 200, batch: 64, optimizer: 'adamw', lr: 2e-3, weightDecay: 1e-6, schedule: 'cosine', warmup: 0.1 },
  network:
    ({ hidden }, { inputShape, outputs }) =>
    (nn, x, time) => {
      const joined = tf.concat([flattened(x, inputShape), time as tf.Tensor], -1);
      const last = hidden.reduce((h, units, l) => activations.silu(nn.dense(`fc${l + 1}`, h, units)), joined);
      return nn.dense(`fc${hidden.length + 1}`, last, outputs);
    },
});

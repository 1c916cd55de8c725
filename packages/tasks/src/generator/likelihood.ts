import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import type { Likelihood } from '../passes/likelihood.js';
import { noiseSource } from './noise-source.js';

/**
 * Noises that are normal around the predicted one with variance dims / 2 in every number: the negative logarithm of that
 * density is the mean squared error over the numbers, up to a constant.
 */
export function gaussian({ inputs, inputShape }: TaskData): Likelihood {
  const dims = sizeOf(inputShape);
  return {
    outputs: dims,
    draws(seed) {
      const noise = noiseSource(seed, inputs, dims);
      return (point, into) => noise(point).fill(0, into);
    },
    sampled: (prediction, draws) => tf.add(prediction, tf.mul(draws, Math.sqrt(dims / 2))),
  };
}

import { Rng, sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { pointSeeds } from '../data/point-seeds.js';
import type { TaskData } from '../data/task-data.js';
import type { Likelihood } from '../passes/likelihood.js';

/**
 * Labels with the probabilities of the softmax: the class whose logit plus a Gumbel number is the largest (Gumbel 1954,
 * Maddison et al. 2014).
 */
export function categorical({ inputs, inputShape, classes }: TaskData): Likelihood {
  return {
    outputs: classes,
    draws(seed) {
      const seeds = pointSeeds(seed, inputs, sizeOf(inputShape));
      return (point, into) => {
        const rng = new Rng(seeds(point));
        for (let i = 0; i < into.length; i++) into[i] = -Math.log(-Math.log(rng.uniform() || Number.MIN_VALUE));
      };
    },
    sampled(logits, draws) {
      const perturbed = tf.add(logits, draws);
      return tf.cast(tf.equal(perturbed, tf.max(perturbed, -1, true)), 'float32');
    },
  };
}

import { Rng, sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { pointSeeds } from '../data/point-seeds.js';
import type { TaskData } from '../data/task-data.js';
import type { Likelihood } from '../passes/likelihood.js';
import type { Choice } from '../spec.js';

/** Responses around the prediction whose errors have the density exp(-loss), up to a constant. */
export function aroundPrediction({ loss, huberDelta }: Choice, { inputs, inputShape }: TaskData): Likelihood {
  const error = loss === 'huber' ? leastFavourable(huberDelta as number) : (rng: Rng) => rng.normal();
  return {
    outputs: 1,
    draws(seed) {
      const seeds = pointSeeds(seed, inputs, sizeOf(inputShape));
      return (point, into) => {
        into[0] = error(new Rng(seeds(point)));
      };
    },
    sampled: (prediction, draws) => tf.add(prediction, draws),
  };
}

/**
 * Huber's least favourable distribution: normal up to δ, exponential with rate δ beyond. The share of its tails beside a
 * whole normal density is 2 exp(-δ²/2) / (δ √2π); normal draws beyond δ are drawn again, from both parts.
 */
function leastFavourable(delta: number): (rng: Rng) => number {
  const tails = (2 * Math.exp(-(delta ** 2) / 2)) / (delta * Math.sqrt(2 * Math.PI));
  return (rng) => {
    for (;;) {
      if (rng.uniform() * (1 + tails) < tails) {
        const size = delta - Math.log(1 - rng.uniform()) / delta;
        return rng.uniform() < 0.5 ? size : -size;
      }
      const value = rng.normal();
      if (Math.abs(value) <= delta) return value;
    }
  };
}

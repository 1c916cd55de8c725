import { childSeed, type NumericArray, Rng, type Seed, sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import type { Noise } from '../training/noise.js';
import type { Objective } from '../training/objective.js';
import type { Replayable } from '../training/replay.js';
import { noisy } from './denoising.js';
import type { GeneratorSubject } from './subject.js';

/**
 * Queries beside the training of a generator. The target of a query is a mean over time steps and noises, which together
 * are many times a batch. In each step all queries are looked at with one of these pairs: every pair once per round, the
 * rounds in random orders. The sum over many steps is then that of the target itself, up to the noise of that choice.
 */
export function generatorReplayable(subject: GeneratorSubject, objective: Objective, data: TaskData): Replayable {
  const { queryInputs, inputShape } = data;
  const dims = sizeOf(inputShape);
  const queries = queryInputs.length / dims;
  return {
    network: subject.network,
    objective,
    target: subject.outputFunction('target'),
    queries({ levels, queryInputs, queryTimesteps, queryNoise }) {
      const reference = tf.reshape(queryNoise, [queries, dims]);
      const level = tf.gather(levels, tf.reshape(queryTimesteps, [1]) as tf.Tensor1D);
      const { x, time } = noisy(queryInputs, reference, level);
      return { x: tf.reshape(x, [queries, ...inputShape]), time: tf.tile(time, [queries, 1]), reference };
    },
    shared: { queryInputs },
    sharedSpecs: { queryInputs: { shape: [queries, dims], dtype: 'float32' } },
    noise: targetPairs(subject, queries, dims),
  };
}

/** The time step and the noises of each step, one of the pairs that the target is a mean over. */
function targetPairs({ targetNoise }: GeneratorSubject, queries: number, dims: number): Noise {
  const { timesteps, draws, rows } = targetNoise;
  const pairs = timesteps.length * draws;
  return {
    specs: {
      queryTimesteps: { shape: [1], dtype: 'int32' },
      queryNoise: { shape: [queries, dims], dtype: 'float32' },
    },
    draw(seed: Seed, from = 0) {
      const rng = new Rng(childSeed(seed, 'query-noise'));
      let round: ArrayLike<number> = [];
      let at = 0;
      const nextPair = () => {
        if (at === round.length) {
          round = rng.permutation(pairs);
          at = 0;
        }
        return round[at++];
      };
      for (let step = 0; step < from; step++) nextPair();
      return (step: Readonly<Record<string, NumericArray>>) => {
        const pair = nextPair();
        const timestep = timesteps[Math.floor(pair / draws)];
        step.queryTimesteps[0] = timestep;
        for (let query = 0; query < queries; query++) {
          const into = (step.queryNoise as Float32Array).subarray(query * dims, (query + 1) * dims);
          rows(query).fill(timestep * draws + (pair % draws), into);
        }
      };
    },
  };
}

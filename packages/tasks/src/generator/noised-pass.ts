import type { PointSet } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { Pass } from '../passes/pass.js';
import { paddedRows } from '../passes/row-ranges.js';
import { noisy } from './denoising.js';
import { timeColumn } from './levels.js';
import type { NoiseSource } from './noise-source.js';

/** What a pass of noised points is made from. */
export interface NoisedPoints {
  readonly inputShape: readonly number[];
  /** Points of each set, [points × dims], or [points × timesteps × dims] with `perTimestep`. */
  readonly inputs: Readonly<Record<PointSet, Float32Array>>;
  readonly noise: Readonly<Record<PointSet, NoiseSource>>;
  /** [steps × levelWidth], see `levelTable`. */
  readonly levels: Float32Array;
  readonly levelWidth: number;
  /** Whether a point is another input at each time step. */
  readonly perTimestep?: boolean;
}

/**
 * Each point at each of these time steps with each of `draws` noises (1 with `perTimestep`): positions = timesteps ×
 * draws, in this order. Draw r at step t is row t · draws + r of the point's noise.
 */
export function noisedPass(
  { inputShape, inputs, noise, levels, levelWidth, perTimestep = false }: NoisedPoints,
  timesteps: readonly number[],
  draws: number,
): Pass {
  const dims = inputShape.reduce((product, dim) => product * dim, 1);
  const positions = timesteps.length * draws;
  const cleans = perTimestep ? timesteps.length : 1;
  const timeFeatures = levelWidth - timeColumn;
  const passLevels = levelsOf(levels, levelWidth, timesteps, draws);
  return {
    positions,
    specs: (samples) => ({
      clean: { shape: [samples, cleans, dims], dtype: 'float32' },
      noise: { shape: [samples, positions, dims], dtype: 'float32' },
      levels: { shape: [1, positions, levelWidth], dtype: 'float32' },
    }),
    inputs(feeds) {
      const samples = feeds.noise.shape[0];
      const rows = samples * positions;
      const { x, time } = noisy(feeds.clean, feeds.noise, feeds.levels);
      return {
        x: tf.reshape(x, [rows, ...inputShape]),
        time: tf.reshape(tf.tile(time, [samples, 1, 1]), [rows, timeFeatures]),
        reference: tf.reshape(feeds.noise, [rows, dims]),
      };
    },
    feeds(of, start, count, samples) {
      const values = new Float32Array(samples * positions * dims);
      for (let s = 0; s < count; s++) {
        const rows = noise[of](start + s);
        for (const [k, t] of timesteps.entries()) {
          const first = (s * positions + k * draws) * dims;
          rows.fill(t * draws, values.subarray(first, first + draws * dims));
        }
      }
      const clean = paddedRows(inputs[of], cleans * dims, start, count, samples);
      return { clean, noise: values, levels: passLevels };
    },
  };
}

/** Rows of the level table, each `draws` times, [timesteps · draws × width]. */
function levelsOf(table: Float32Array, width: number, timesteps: readonly number[], draws: number): Float32Array {
  const rows = new Float32Array(timesteps.length * draws * width);
  for (const [k, t] of timesteps.entries()) {
    for (let r = 0; r < draws; r++) rows.set(table.subarray(t * width, (t + 1) * width), (k * draws + r) * width);
  }
  return rows;
}

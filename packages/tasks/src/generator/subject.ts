import {
  deriveSeed,
  type Output,
  type OutputFunction,
  type ParamSpecs,
  type Params,
  type PointSet,
  sizeOf,
} from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import { models } from '../models/models.js';
import { declareNetwork } from '../nn/declare.js';
import type { Pass, Subject } from '../passes/pass.js';
import { paddedRows } from '../passes/row-ranges.js';
import type { TaskSpec } from '../spec.js';
import { targets } from '../targets/targets.js';
import { denoisingLoss, noisy } from './denoising.js';
import { type Diffusion, diffusionOf, uniformTimesteps } from './diffusion.js';
import { levelTable } from './levels.js';
import { type NoiseSource, noiseSource } from './noise-source.js';
import { checkTimesteps } from './timesteps.js';

/** A generator's network and points, and what else its programs need. */
export interface GeneratorSubject extends Subject {
  readonly diffusion: Diffusion;
  /** [steps × levelWidth], see `levelTable`. */
  readonly levels: Float32Array;
  readonly levelWidth: number;
  /** The pass that the target is defined by: its time steps and noise draws. */
  readonly targetPass: Pass;
}

const defaultTimesteps = 10;

/** Each point is noised at several time steps; what is predicted is compared with the noise. */
export function generatorSubject(spec: TaskSpec, data: TaskData): GeneratorSubject {
  const { use, ...params } = spec.model;
  const { inputShape } = data;
  const dims = sizeOf(inputShape);
  const network = models[use].network(params as unknown as Params<ParamSpecs>, { inputShape, outputs: dims });
  const timeFeatures = params.timeFeatures as number;
  const diffusion = diffusionOf(spec.model);
  const levels = levelTable(diffusion, timeFeatures);
  const levelWidth = levels.length / diffusion.steps;
  const target = targets[spec.target.use].output;
  const sets = {
    train: { inputs: data.inputs, count: data.inputs.length / dims },
    queries: { inputs: data.queryInputs, count: data.queryInputs.length / dims },
  };
  const noiseOf = (role: 'method' | 'target-noise'): Readonly<Record<PointSet, NoiseSource>> => {
    const seed = deriveSeed(spec.seed, 'diffusion-noise', role);
    return {
      train: noiseSource(seed, sets.train.inputs, dims),
      queries: noiseSource(seed, sets.queries.inputs, dims),
    };
  };
  const passOver = (
    noise: Readonly<Record<PointSet, NoiseSource>>,
    timesteps: readonly number[],
    draws: number,
  ): Pass => {
    const positions = timesteps.length * draws;
    return {
      positions,
      specs: (samples) => ({
        clean: { shape: [samples, 1, dims], dtype: 'float32' },
        noise: { shape: [samples, positions, dims], dtype: 'float32' },
        levels: { shape: [1, positions, levelWidth], dtype: 'float32' },
      }),
      inputs({ clean, noise, levels }) {
        const rows = noise.shape[0] * positions;
        const { x, time } = noisy(clean, noise, levels);
        const repeated = tf.tile(time, [noise.shape[0], 1, 1]);
        return {
          x: tf.reshape(x, [rows, ...inputShape]),
          time: tf.reshape(repeated, [rows, timeFeatures]),
          reference: tf.reshape(noise, [rows, dims]),
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
        return {
          clean: paddedRows(sets[of].inputs, dims, start, count, samples),
          noise: values,
          levels: levelsOf(levels, levelWidth, timesteps, draws),
        };
      },
    };
  };
  const methodNoise = noiseOf('method');
  const { timesteps, draws } = spec.target as unknown as { timesteps: number; draws: number };
  return {
    network,
    architecture: declareNetwork(network, inputShape, timeFeatures),
    diffusion,
    levels,
    levelWidth,
    targetPass: passOver(noiseOf('target-noise'), uniformTimesteps(diffusion, timesteps), draws),
    count: (of) => sets[of].count,
    pass: (given = uniformTimesteps(diffusion, defaultTimesteps)) => {
      checkTimesteps(given, diffusion);
      return passOver(methodNoise, given, 1);
    },
    outputFunction: (output: Output): OutputFunction =>
      output === 'loss' ? denoisingLoss : output === 'target' ? target : output,
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

import { childSeed, type NumericArray, Rng, type Seed, sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { TaskData } from '../data/task-data.js';
import { runModels } from '../nn/interpreters/apply.js';
import type { TaskSpec } from '../spec.js';
import { trainingBatches } from '../training/augmentation.js';
import { gatherRows } from '../training/gather-rows.js';
import type { Objective } from '../training/objective.js';
import { denoisingLoss, noisy } from './denoising.js';
import { normalRows } from './normal-rows.js';
import type { GeneratorSubject } from './subject.js';

/**
 * Denoising of the training points, mirrored where the model asks for it, at time steps and with fresh noise in every
 * step (Ho et al. 2020, L_simple).
 */
export function generatorObjective(subject: GeneratorSubject, data: TaskData, spec: TaskSpec): Objective {
  const { architecture, diffusion, levels, levelWidth } = subject;
  const { inputShape } = data;
  const dims = sizeOf(inputShape);
  const points = data.inputs.length / dims;
  const { batch } = spec.training;
  const ema = spec.model.ema as number;
  const batches = trainingBatches(spec.model, inputShape, batch);
  return {
    architecture,
    recipe: spec.training,
    points,
    pointArrays: { inputs: data.inputs },
    pointShapes: { inputs: [dims] },
    shared: { levels },
    sharedSpecs: {
      levels: { shape: [diffusion.steps, levelWidth], dtype: 'float32' },
    },
    losses(parameters, step, interpret) {
      const { levels, rows, timesteps, noise } = step;
      const clean = tf.reshape(batches.inputs(step), [...rows.shape, dims]);
      const { x, time } = noisy(clean, noise, gatherRows(levels, timesteps));
      const input = tf.reshape(x, [...rows.shape, ...inputShape]);
      return denoisingLoss(runModels(subject, parameters, input, time, interpret), noise);
    },
    noise: {
      specs: {
        ...batches.noise?.specs,
        timesteps: { shape: [batch], dtype: 'int32' },
        noise: { shape: [batch, dims], dtype: 'float32' },
      },
      draw(seed, from = 0) {
        const drawTimesteps = trainingTimesteps(seed, diffusion.steps);
        for (let step = 0; step < from; step++) drawTimesteps(new Int32Array(batch));
        const normals = normalRows(childSeed(seed, 'noise'), dims);
        const augment = batches.noise?.draw(seed, from);
        let row = from * batch;
        return (step) => {
          const { timesteps, noise } = step;
          augment?.(step);
          drawTimesteps(timesteps);
          normals.fill(row, noise as Float32Array);
          row += batch;
        };
      },
    },
    ...(ema === 0 ? {} : { average: ema }),
  };
}

/**
 * The time steps of the places of each batch of a training run, one batch a call.
 * @param seed of the run's noise
 */
export function trainingTimesteps(seed: Seed, steps: number): (into: NumericArray) => void {
  const rng = new Rng(childSeed(seed, 'timesteps'));
  return (into) => {
    for (let i = 0; i < into.length; i++) into[i] = rng.below(steps);
  };
}

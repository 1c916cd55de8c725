import { childSeed, type Seed } from '@attribution-bench/contract';
import type { TaskData } from '../data/task-data.js';
import { diffusionOf } from '../generator/diffusion.js';
import { trainingTimesteps } from '../generator/objective.js';
import { initialValues } from '../nn/architecture/flat.js';
import type { Architecture } from '../nn/architecture/layer.js';
import type { TaskSpec } from '../spec.js';
import { batchOrder, stepsPerEpoch } from '../training/batch-order.js';
import { learningRates } from '../training/schedule.js';

/** What a training run on the whole training set went by, step by step. */
export interface RunRecord {
  readonly steps: number;
  /** What it started from, flat: parameters, then statistics. */
  readonly initial: Float32Array;
  /** Training rows of each step, -1 where padded, [steps × batch]. */
  readonly batches: Int32Array;
  /** [steps] */
  readonly learningRates: Float64Array;
  /** Generators: the time step at which each place of each batch was noised, [steps × batch]. */
  readonly timesteps?: Int32Array;
}

/** What the run with this seed goes by: the draws of `runSteps`, without training. */
export function runRecord(
  { kind, model, training }: TaskSpec,
  { arrays }: Pick<Architecture, 'arrays'>,
  data: Pick<TaskData, 'labels'>,
  seed: Seed,
): RunRecord {
  const { batch, epochs } = training;
  const points = data.labels.length;
  const epochSteps = stepsPerEpoch(points, batch);
  const steps = epochSteps * epochs;
  const all = Int32Array.from({ length: points }, (_, row) => row);
  const nextEpoch = batchOrder(childSeed(seed, 'batch-order'), all, batch);
  const batches = new Int32Array(steps * batch);
  for (let epoch = 0; epoch < epochs; epoch++) batches.set(nextEpoch(), epoch * epochSteps * batch);
  const record = {
    steps,
    initial: initialValues(arrays, childSeed(seed, 'initial-parameters')),
    batches,
    learningRates: learningRates(training, steps),
  };
  if (kind !== 'generator') return record;
  const timesteps = new Int32Array(steps * batch);
  trainingTimesteps(childSeed(seed, 'training-noise'), diffusionOf(model).steps)(timesteps);
  return { ...record, timesteps };
}

import type { ModelMethodContext } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { openTask, type Task } from '../src/index.js';
import { imageData } from './support/image-data.js';
import { open, trained } from './support/layer-networks.js';
import {
  checkpointOf,
  contextOf,
  dataOf,
  relativeError,
  runSeed,
  specOf,
  taskOf,
  uncancelled,
} from './support/tasks.js';
import { differencesByWeight } from './support/weighted-training.js';

/** Derivatives of every query's target by the weight of every point, [queries × train]. */
async function derivatives(task: Task, context: ModelMethodContext): Promise<Float64Array> {
  const { train, queries } = task.info;
  const sums = new Float64Array(queries * train);
  for await (const { batch, firstQuery, byWeight } of context.unroll()) {
    for (const [i, value] of byWeight.entries()) {
      const point = batch[i % batch.length];
      if (point >= 0) sums[(firstQuery + Math.floor(i / batch.length)) * train + point] += value;
    }
  }
  return sums;
}

/** Compares derivatives along one direction with extrapolated differences of the harness's own training. */
async function expectDerivatives(task: Task): Promise<void> {
  const { train, queries } = task.info;
  const context = contextOf(task, [checkpointOf(await trained(task))]);
  const h = 0.02;
  const direction = Float64Array.from({ length: train }, (_, i) => Math.sin(3 * i + 1));
  const shifts = [h, -h, 2 * h, -2 * h];
  const targets = await context.reweighted(
    Float32Array.from(shifts.flatMap((shift) => [...direction].map((along) => 1 + shift * along))),
  );
  const [a, b, c, d] = shifts.map((_, row) => targets.subarray(row * queries, (row + 1) * queries));
  const retrained = a.map((_, q) => (4 * ((a[q] - b[q]) / (2 * h)) - (c[q] - d[q]) / (4 * h)) / 3);
  const byPoint = await derivatives(task, context);
  const predicted = retrained.map((_, q) =>
    direction.reduce((sum, along, point) => sum + along * byPoint[q * train + point], 0),
  );
  expect(relativeError(predicted, retrained)).toBeLessThan(1e-3);
  await task.release();
}

const raw = (model: Record<string, unknown>) => ({
  data: { use: 'synthetic', train: 21, queries: 5, dims: 5, classes: 3 },
  model: { epochs: 3, batch: 8, ...model },
  target: 'neg-loss',
});

test.each([
  { use: 'logistic', lr: 0.3, weightDecay: 0.01 },
  { use: 'mlp', hidden: [6, 4], activation: 'tanh', lr: 0.2, weightDecay: 0.01, schedule: 'linear', warmup: 0.2 },
  { use: 'mlp', hidden: [6], activation: 'relu', lr: 0.2, momentum: 0, schedule: 'constant' },
  { use: 'mlp', hidden: [6], activation: 'tanh', optimizer: 'adam', lr: 0.02, weightDecay: 0.01 },
  { use: 'mlp', hidden: [6], activation: 'tanh', optimizer: 'adamw', lr: 0.02, weightDecay: 0.1 },
])('derivatives by weights are those of brute force in float64: %o', async (model) => {
  const spec = specOf(raw(model));
  const data = await dataOf(spec);
  const task = await openTask(spec, data, onnxEngine);
  const [run] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const frozen = await openTask({ ...spec, training: { ...spec.training, lr: 0, weightDecay: 0 } }, data, onnxEngine);
  const [start] = await frozen.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const { hidden = [], activation = 'tanh' } = model as { hidden?: number[]; activation?: 'tanh' | 'relu' };
  const perceptron = {
    data,
    recipe: spec.training,
    seed: runSeed(0),
    widths: [5, ...hidden, 3],
    activation,
    initial: start.parameters,
  };
  const found = await derivatives(task, contextOf(task, [checkpointOf(run.parameters)]));
  const points = Array.from({ length: 21 }, (_, point) => point);
  const expected = points.map((point) => differencesByWeight(perceptron, point, 1e-4));
  const byPoint = points.flatMap((point) => [...expected[point].keys()].map((query) => found[query * 21 + point]));
  expect(
    relativeError(
      byPoint,
      expected.flatMap((values) => [...values]),
    ),
  ).toBeLessThan(1e-5);
  await task.release();
  await frozen.release();
});

test.each(['batch norm of images', 'dropout'])('derivatives through training with %s', async (name) => {
  const task = await open(name);
  await expectDerivatives(task);
});

test('derivatives through the training of a convolutional network on shifted and mirrored images', async () => {
  const spec = specOf({
    data: { use: 'fashion-mnist' },
    model: {
      use: 'cnn',
      channels: [3],
      pooling: 'average',
      activation: 'tanh',
      flip: true,
      crop: 1,
      epochs: 4,
      batch: 5,
    },
  });
  await expectDerivatives(await openTask(spec, imageData([6, 6, 1], 12), onnxEngine));
});

test.each([{}, { ema: 0.9 }])('derivatives through the training of a diffusion model, %o', async (model) => {
  const task = await taskOf({
    kind: 'generator',
    data: { use: 'synthetic', train: 12, classes: 3, dims: 4 },
    model: { use: 'ddpm-mlp', hidden: [12], timeFeatures: 8, epochs: 6, batch: 5, lr: 0.01, ...model },
    target: { use: 'neg-denoising-loss', timesteps: 4, draws: 2 },
    queries: { heldout: 5, generated: 0 },
  });
  await expectDerivatives(task);
});

test('weights of 1 train the run again, and weights that are not whole rows are refused', async () => {
  const task = await taskOf(raw({ use: 'mlp', hidden: [6] }));
  const parameters = await trained(task);
  const context = contextOf(task, [checkpointOf(parameters)]);
  const [targets] = await task.queryTargets([parameters]);
  expect(await context.reweighted(new Float32Array(21).fill(1))).toEqual(targets);
  await expect(context.reweighted(new Float32Array(22))).rejects.toThrow('22 weights are not whole rows of 21');
  const foreign = contextOf(task, [checkpointOf(parameters.map((value) => value + 1e-6))]);
  await expect(derivatives(task, foreign)).rejects.toThrow('did not end in the same model');
  await task.release();
});

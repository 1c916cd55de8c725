import { Rng } from '@attribution-bench/contract';
import { onnxEngine, tfjsEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { models, openTask, type Task, type TaskData, type TaskSpec } from '../src/index.js';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { flatGradient, flatTangent } from './support/factor-gradients.js';
import { singleSampleGradients, targetDifferences } from './support/gradient-oracles.js';
import { imageData } from './support/image-data.js';
import {
  allRows,
  checkpointOf,
  contextOf,
  relativeError,
  runSeed,
  shareOff,
  specOf,
  uncancelled,
} from './support/tasks.js';

const specWith = (model: Record<string, unknown>, target = 'margin'): TaskSpec =>
  specOf({ data: { use: 'fashion-mnist' }, model: { epochs: 2, batch: 4, lr: 0.02, ...model }, target });
const open = async (model: Record<string, unknown>, data: TaskData, engine = onnxEngine) =>
  openTask(specWith(model), data, engine);
const trained = async (task: Task): Promise<Float32Array> =>
  (await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled }))[0].parameters;
const gradientsOf = async (task: Task, parameters: Float32Array, of: 'train' | 'queries' = 'train') => {
  const checkpoint = checkpointOf(parameters);
  return allRows(contextOf(task, [checkpoint]).gradients({ of, checkpoint, output: 'target' }));
};

const small = { channels: [3, 4], hidden: [5] };
test.each([
  [{ use: 'cnn', ...small }, [8, 8, 1]],
  [{ use: 'cnn', ...small, pooling: 'average', kernel: 2, activation: 'gelu' }, [7, 5, 2]],
  [{ use: 'cnn', channels: [], hidden: [] }, [4, 4, 3]],
  [{ use: 'resnet9', width: 4, groups: 2 }, [12, 12, 2]],
  [{ use: 'resnet9', width: 3, norm: 'none' }, [12, 12, 3]],
  [{ use: 'resnet9', width: 4, norm: 'batch' }, [12, 12, 3]],
  [{ use: 'resnet9', variant: 'dattri', width: 2, groups: 2 }, [8, 8, 3]],
])('per-sample gradients of %o on %o are those of one sample at a time', async (model, inputShape) => {
  const data = imageData(inputShape);
  const task = await open(model, data);
  const parameters = await trained(task);
  const { data: found, cols } = await gradientsOf(task, parameters);
  expect(cols).toBe(task.info.parameters);
  expect(relativeError(found, await singleSampleGradients(specWith(model), data, parameters))).toBeLessThan(2e-5);
  await task.release();
});

test.each([
  [{ use: 'cnn', ...small, pooling: 'average', activation: 'tanh' }, 0],
  [{ use: 'cnn', ...small, activation: 'silu' }, 0.02],
])('gradients of %o agree with finite differences', async (model, kinks) => {
  const task = await open(model, imageData([12, 12, 1], 4));
  const parameters = await trained(task);
  const { data: rows } = await gradientsOf(task, parameters);
  const { found, expected } = await targetDifferences(task, parameters, rows);
  // A difference across the kink of a ReLU or between two places of a maximum is no derivative.
  expect(shareOff(found, expected, 5e-3)).toBeLessThanOrEqual(kinks);
  await task.release();
});

test.each([
  ['trak', 2, 2_273_856, 2_688],
  ['trak', 10, 2_274_880, 2_688],
  ['dattri', 2, 4_825_154, 5_504],
  ['dattri', 10, 4_829_258, 5_504],
])(
  'ResNet-9 of %s has as many parameters for %i classes as published: %i',
  (variant, outputs, expected, statistics) => {
    for (const norm of ['batch', 'group']) {
      const { model } = specWith({ use: 'resnet9', variant, norm });
      const { use, ...params } = model;
      const inputShape = [32, 32, 3];
      const architecture = declareNetwork(models[use].network(params as never, { inputShape, outputs }), inputShape);
      expect(architecture.size).toBe(expected);
      expect(architecture.statistics.reduce((sum, { size }) => sum + size, 0)).toBe(norm === 'batch' ? statistics : 0);
    }
  },
);

test.each([
  [[28, 28, 1], 20_490],
  [[32, 32, 3], 25_578],
])('the default cnn on %o has %i parameters, one model a graph, and a seed decides its bytes', async (shape, size) => {
  const data = imageData(shape, 18, 6, 10);
  const task = await open({ use: 'cnn', epochs: 1 }, data);
  expect(task.info.parameters).toBe(size);
  expect(task.stack).toBe(1);
  const first = await trained(task);
  expect(await trained(task)).toEqual(first);
  await task.release();
});

test('training learns, alike on both engines', async () => {
  const data = imageData([8, 8, 1], 30, 9);
  const model = { use: 'cnn', ...small, epochs: 30, lr: 0.05 };
  const task = await open(model, data);
  const run = { seed: runSeed(0) };
  const members = Int32Array.from({ length: 20 }, (_, i) => i);
  const [all] = await task.train({ runs: [run], cancel: uncancelled });
  const [some, again] = await task.train({
    runs: [
      { ...run, members },
      { ...run, members },
    ],
    cancel: uncancelled,
  });
  expect(some.parameters).toEqual(again.parameters);
  expect(some.parameters).not.toEqual(all.parameters);
  const { trainAccuracy, queryAccuracy } = await task.sanity(all.parameters);
  expect(trainAccuracy).toBeGreaterThan(0.9);
  expect(queryAccuracy).toBeGreaterThan(0.8);
  const features = await contextOf(task, [checkpointOf(all.parameters)]).features({
    of: 'queries',
    space: 'penultimate',
  });
  expect(features.shape).toEqual([9, 5]);
  const few = { ...model, epochs: 1 };
  const [native, eager] = [await open(few, data), await open(few, data, await tfjsEngine())];
  expect(relativeError(await trained(native), await trained(eager))).toBeLessThan(1e-4);
  for (const opened of [task, native, eager]) await opened.release();
});

const smooth = { use: 'cnn', ...small, pooling: 'average', activation: 'tanh', momentum: 0 };
test.each([smooth, { use: 'resnet9', width: 2, groups: 2, momentum: 0 }])(
  'replayed factors of %o, augmented batches included, are what the optimiser steps along',
  async (model) => {
    const data = imageData([12, 12, 1], 10);
    const augmented = { ...model, epochs: 2, schedule: 'constant', weightDecay: 0, flip: true, crop: 2 };
    const task = await open(augmented, data);
    const frozen = await open({ ...augmented, lr: 0 }, data);
    const expected = Float64Array.from(await trained(frozen));
    const parameters = await trained(task);
    const ctx = contextOf(task, [checkpointOf(parameters)]);
    const replayed = ctx.replay({
      emit: ({ batch }) => ({ gradient: tf.sum(flatGradient(batch), 0) }),
    });
    for await (const { emitted, learningRate } of replayed) {
      for (let i = 0; i < expected.length; i++) expected[i] -= learningRate * emitted.gradient[i];
    }
    expect(relativeError(parameters, expected)).toBeLessThan(1e-5);
    await task.release();
    await frozen.release();
  },
);

test('tangents of replayed factors and Hessian products agree with differences of gradients', async () => {
  const data = imageData([8, 8, 1], 4);
  const task = await open({ ...smooth, batch: 4, epochs: 1 }, data);
  const frozen = await open({ ...smooth, batch: 4, epochs: 1, lr: 0 }, data);
  const start = await trained(frozen);
  const ctx = contextOf(task, [checkpointOf(await trained(task))]);
  const replayed = ctx.replay({
    tangent: true,
    emit: ({ batch, queries, queryTangents }) => ({
      direction: tf.sum(flatGradient(batch), 0),
      tangents: flatTangent(queries, queryTangents),
    }),
  });
  for await (const { emitted } of replayed) {
    const h = 0.05;
    const moved = async (by: number) =>
      (
        await gradientsOf(
          task,
          start.map((value, i) => value + by * emitted.direction[i]),
          'queries',
        )
      ).data;
    const [above, below] = [await moved(h), await moved(-h)];
    const expected = above.map((value, i) => (value - below[i]) / (2 * h));
    expect(relativeError(emitted.tangents, expected)).toBeLessThan(1e-2);
  }
  const rng = new Rng(runSeed(1));
  const vectors = Float32Array.from(start, () => rng.normal());
  const checkpoint = checkpointOf(start);
  const found = await contextOf(task, [checkpoint]).curvatureProducts({ checkpoint, vectors });
  const meanGradient = async (by: number) => {
    const at = checkpointOf(start.map((value, i) => value + by * vectors[i]));
    const rows = await allRows(contextOf(task, [at]).gradients({ of: 'train', checkpoint: at, output: 'loss' }));
    return start.map(
      (_, i) =>
        (rows.data[i] + rows.data[i + rows.cols] + rows.data[i + 2 * rows.cols] + rows.data[i + 3 * rows.cols]) / 4,
    );
  };
  const [above, below] = [await meanGradient(1e-2), await meanGradient(-1e-2)];
  expect(
    relativeError(
      found,
      above.map((value, i) => (value - below[i]) / 2e-2),
    ),
  ).toBeLessThan(1e-2);
  await task.release();
  await frozen.release();
});

test.each([
  [{ use: 'cnn' }, [64], 'takes images'],
  [{ use: 'cnn', mean: [0.1, 0.2] }, [8, 8, 3], 'has 2 numbers for images of 3 channels'],
  [{ use: 'cnn', std: [0] }, [8, 8, 3], 'divided by'],
  [{ use: 'resnet9', width: 4, groups: 2 }, [8, 8, 3], 'does not fit'],
  [{ use: 'resnet9', width: 4, groups: 3 }, [12, 12, 3], 'cannot be divided into 3 groups'],
])('%o on inputs %o is refused: %s', async (model, inputShape, message) => {
  const data = { ...imageData(inputShape.length === 1 ? [8, 8, 1] : inputShape), inputShape };
  await expect(open(model, data)).rejects.toThrow(message);
});

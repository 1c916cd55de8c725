import { int } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import everyLayer from '../examples/every-layer.js';
import { defineModel, diffusionParams, generateQueries, openTask, resolveTask } from '../src/index.js';
import { singleSampleGradients, targetDifferences } from './support/gradient-oracles.js';
import { moduleOf } from './support/own-models.js';
import {
  allRows,
  checkpointOf,
  contextOf,
  dataOf,
  relativeError,
  runSeed,
  shareOff,
  specOf,
  uncancelled,
} from './support/tasks.js';

const data = { use: 'digits', train: 120, queries: 60 };

test('the example of every kind of layer learns digits', async () => {
  const spec = specOf({ data, model: { use: moduleOf(everyLayer) } });
  const task = await openTask(spec, await dataOf(spec), onnxEngine);
  expect(task.info.layers.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['encode', 'conv2d', 72],
    ['encode.norm', 'batchNorm', 16],
    ['spread', 'depthwiseConv2d', 160],
    ['spread.norm', 'groupNorm', 32],
    ['decode', 'conv2dTranspose', 1152],
    ['decode.bias', 'bias', 8],
    ['shade', 'embedding', 64],
    ['classes', 'dense', 1330],
  ]);
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const { trainAccuracy, queryAccuracy } = await task.sanity(parameters);
  expect(trainAccuracy).toBeGreaterThan(0.97);
  expect(queryAccuracy).toBeGreaterThan(0.8);
  await task.release();
});

test('gradients of the example are those of one sample at a time and differences of its target', async () => {
  const model = { use: moduleOf(everyLayer), epochs: 1, channels: 4 };
  const spec = specOf({ data: { ...data, train: 8, queries: 2 }, model });
  const points = await dataOf(spec);
  const task = await openTask(spec, points, onnxEngine);
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const checkpoint = checkpointOf(parameters);
  const rows = await allRows(contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output: 'target' }));
  expect(relativeError(rows.data, await singleSampleGradients(spec, points, parameters))).toBeLessThan(2e-5);
  const { found, expected } = await targetDifferences(task, parameters, rows.data, 2e-3);
  // A difference across the kink of a ReLU or between two places of a maximum is no derivative.
  expect(shareOff(found, expected, 1e-2)).toBeLessThan(0.05);
  await task.release();
});

const ownGenerator = (params: typeof diffusionParams | Record<string, never>) =>
  defineModel({
    id: `own-generator-${Object.keys(params).length}`,
    title: 'Mine',
    kind: 'generator',
    params: { ...params, timeFeatures: int({ default: 8, min: 2, help: 'sines and cosines' }) },
    recipe: { epochs: 4, batch: 16, optimizer: 'adam', lr: 0.01 },
    network:
      (_, { outputs }) =>
      (nn, x, time) => {
        const joined = tf.concat([x, time as tf.Tensor], -1);
        const hidden = tf.tanh(nn.batchNorm('norm', nn.dense('fc1', joined, 24, { bias: false })));
        return nn.dense('fc2', nn.dropout('drop', hidden, 0.2), outputs);
      },
  });

test('a generator of the user has batch normalisation and dropout too, and averaged parameters', async () => {
  const raw = { kind: 'generator', data: { use: 'digits', train: 40 }, queries: { heldout: 5, generated: 3 } };
  const spec = specOf({
    ...raw,
    model: { use: moduleOf(ownGenerator(diffusionParams)), ema: 0.9, diffusionSteps: 50 },
  });
  const points = await generateQueries(spec, await dataOf(spec), { engine: onnxEngine, cancel: uncancelled });
  expect(points.queryInputs.every(Number.isFinite)).toBe(true);
  const task = await openTask(spec, points, onnxEngine);
  const [{ parameters }, again] = await task.train({
    runs: [{ seed: runSeed(0) }, { seed: runSeed(0) }],
    cancel: uncancelled,
  });
  expect(again.parameters).toEqual(parameters);
  expect(parameters).toHaveLength(task.info.parameters + 2 * 24);
  const [mean, variance] = [parameters.slice(-48, -24), parameters.slice(-24)];
  expect(mean.some((value) => value !== 0)).toBe(true);
  expect(variance.every((value) => value > 0 && value !== 1)).toBe(true);
  const checkpoint = checkpointOf(parameters);
  const request = { of: 'queries', checkpoint, output: 'loss' } as const;
  const rows = await allRows(contextOf(task, [checkpoint]).gradients(request));
  expect(rows.cols).toBe(task.info.parameters);
  expect(rows.data.every(Number.isFinite)).toBe(true);
  await task.release();
});

test('a generator without what diffusion takes is refused', () => {
  const model = { use: moduleOf(ownGenerator({})) };
  const raw = { id: 'own', kind: 'generator', data: { use: 'digits', train: 40 }, queries: { heldout: 5 }, model };
  const resolved = resolveTask(raw, 7);
  expect(resolved.ok ? [] : resolved.problems[0]).toMatchObject({
    path: ['model', 'use'],
    message: expect.stringContaining('has no parameter diffusionSteps, betas, ema'),
  });
});

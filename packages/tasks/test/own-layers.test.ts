import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import everyLayer from '../examples/every-layer.js';
import { openTask } from '../src/index.js';
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

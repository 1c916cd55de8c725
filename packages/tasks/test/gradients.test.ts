import { Rng } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { gradientBlockSamples } from '../src/passes/stream-gradients.js';
import {
  allRows,
  checkpointOf,
  contextOf,
  relativeError,
  runSeed,
  shareOff,
  taskOf,
  uncancelled,
} from './support/tasks.js';

const models = [
  { use: 'logistic' },
  { use: 'mlp', hidden: [6, 5], activation: 'relu' },
  { use: 'mlp', hidden: [6, 5], activation: 'tanh' },
  { use: 'mlp', hidden: [6, 5], activation: 'gelu' },
  { use: 'mlp', hidden: [7], activation: 'silu' },
];
const data = { use: 'synthetic', train: 12, queries: 3, dims: 4, classes: 3 };
const trained = async (model: Record<string, unknown>, target = 'margin') => {
  const task = await taskOf({ data, model: { epochs: 2, batch: 8, ...model }, target });
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  return { task, parameters };
};

test.each(models.flatMap((model) => ['margin', 'neg-loss'].map((target) => [model, target] as const)))(
  'gradients of %o, target %s, agree with finite differences',
  async (model, target) => {
    const { task, parameters } = await trained(model, target);
    const h = 1e-2;
    const shifted = (index: number, by: number) =>
      checkpointOf(parameters.map((value, i) => (i === index ? value + by : value)));
    for (const output of ['target', 'loss'] as const) {
      const checkpoint = checkpointOf(parameters);
      const { data: found, cols } = await allRows(
        contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output }),
      );
      expect(cols).toBe(task.info.parameters);
      const expected = new Float64Array(found.length);
      for (let i = 0; i < cols; i++) {
        const value = async (by: number) => {
          const moved = shifted(i, by);
          return contextOf(task, [moved]).outputs({ of: 'train', checkpoint: moved, output });
        };
        const [above, below] = [await value(h), await value(-h)];
        for (const [row, up] of above.entries()) expected[row * cols + i] = (up - below[row]) / (2 * h);
      }
      // A difference across the kink of a ReLU is no derivative: few enough are to be told from a wrong gradient.
      expect(shareOff(found, expected, 2e-3)).toBeLessThanOrEqual(model.activation === 'relu' ? 0.05 : 0);
    }
    await task.release();
  },
);

test('outputs of shifted models are those of models with these parameters, a row for each', async () => {
  const { task, parameters } = await trained(models[1]);
  const p = task.info.parameters;
  const rng = new Rng(runSeed(2));
  const shifts = Float32Array.from({ length: 11 * p }, () => 0.1 * rng.normal());
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const request = { of: 'train', checkpoint, output: 'loss' } as const;
  const found = await ctx.outputs({ ...request, shifts });
  for (let row = 0; row < 11; row++) {
    const moved = checkpointOf(parameters.map((value, i) => value + shifts[row * p + i]));
    const expected = await contextOf(task, [moved]).outputs({ ...request, checkpoint: moved });
    expect(relativeError(found.subarray(row * 12, (row + 1) * 12), expected)).toBeLessThan(1e-6);
  }
  expect(found.length).toBe(11 * 12);
  await expect(ctx.outputs({ ...request, shifts: new Float32Array(p + 1) })).rejects.toThrow('not whole rows');
  await task.release();
});

const smooth = models.filter(({ activation }) => activation !== 'relu');
test.each(smooth)('Hessian products of %o agree with differences of gradients', async (model) => {
  const { task, parameters } = await trained(model);
  const rng = new Rng(runSeed(1));
  const p = task.info.parameters;
  const direction = Float32Array.from({ length: p }, () => rng.normal());
  const h = 1e-2;
  const meanGradient = async (by: number) => {
    const checkpoint = checkpointOf(parameters.map((value, i) => value + by * direction[i]));
    const { data: rows } = await allRows(
      contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output: 'loss' }),
    );
    return Float64Array.from({ length: p }, (_, i) => {
      let sum = 0;
      for (let row = 0; row < 12; row++) sum += rows[row * p + i];
      return sum / 12;
    });
  };
  const checkpoint = checkpointOf(parameters);
  const found = await contextOf(task, [checkpoint]).curvatureProducts({ checkpoint, vectors: direction });
  const [above, below] = [await meanGradient(h), await meanGradient(-h)];
  const expected = above.map((value, i) => (value - below[i]) / (2 * h));
  expect(relativeError(found, expected)).toBeLessThan(5e-3);
  await task.release();
});

test('rows come in order, in blocks whose size depends on sizes only', async () => {
  const task = await taskOf({
    data: { use: 'synthetic', train: 1100, queries: 5, dims: 30 },
    model: { use: 'mlp', hidden: [512], epochs: 1 },
  });
  const checkpoint = checkpointOf(new Float32Array(task.info.parameters).fill(0.01));
  const ctx = contextOf(task, [checkpoint]);
  let expected = 0;
  for await (const { start, rows, cols } of ctx.gradients({ of: 'train', checkpoint, output: 'loss' })) {
    expect(start).toBe(expected);
    expect(cols).toBe(task.info.parameters);
    expect(rows).toBe(Math.min(240, 1100 - start));
    expected = start + rows;
  }
  expect(expected).toBe(1100);
  await task.release();
});

test('blocks shrink as rows, layers and timesteps grow, so that memory does not', () => {
  const source = (positions: number) => {
    const architecture = declareNetwork({ stackable: true, forward: (nn, x) => nn.dense('fc', x, 100) }, [700]);
    return { architecture, positions };
  };
  const rows = (dim: number, batch = 64) => ({ dim, batch });
  expect(gradientBlockSamples(source(1), rows(2048))).toBe(2048);
  expect(gradientBlockSamples(source(1), rows(64))).toBe(4096);
  expect(gradientBlockSamples(source(100), rows(64))).toBe(64);
  expect(gradientBlockSamples(source(100), rows(64, 256))).toBe(256);
  expect(gradientBlockSamples(source(10_000), rows(64, 256))).toBe(16);
  expect(gradientBlockSamples(source(1), rows(1e9))).toBe(1);
});

test('a method may give its own output function, and the penultimate features are the last inputs', async () => {
  const { task, parameters } = await trained({ use: 'mlp', hidden: [6], activation: 'tanh' });
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const gradients = ctx.gradients({
    of: 'queries',
    checkpoint,
    output: (logits) => tf.sum(tf.slice(logits as tf.Tensor2D, [0, 1], [-1, 1]), 1),
  });
  const { data: rows, cols } = await allRows(gradients);
  const { shape, data: features } = await ctx.features({ of: 'queries', space: 'penultimate', checkpoint });
  expect(shape).toEqual([3, 6]);
  const last = task.info.layers[1].offset;
  for (let query = 0; query < 3; query++) {
    for (let unit = 0; unit < 6; unit++) {
      expect(rows[query * cols + last + unit * 3 + 1]).toBeCloseTo(features[query * 6 + unit], 6);
      expect(rows[query * cols + last + unit * 3]).toBe(0);
    }
  }
  const inputs = await ctx.features({ of: 'train', space: 'inputs' });
  expect(inputs.shape).toEqual([12, 4]);
  await task.release();
});

test('a checkpoint that was not given is refused', async () => {
  const { task, parameters } = await trained({ use: 'logistic' });
  const ctx = contextOf(task, [checkpointOf(parameters)]);
  const stranger = { ...checkpointOf(parameters), id: 'other' };
  await expect(ctx.parameters(stranger)).rejects.toThrow('"other"');
  await task.release();
});

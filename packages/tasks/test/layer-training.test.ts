import { tfjsCpuEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Forward } from '../src/index.js';
import { maskName } from '../src/nn/architecture/dropout-mask.js';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { trainingStandardised } from '../src/nn/layers/batch-norm.js';
import { dropoutMasks } from '../src/training/dropout-masks.js';
import { layerNames, networks, open, trained } from './support/layer-networks.js';
import { checkpointOf, contextOf, relativeError, runSeed, uncancelled } from './support/tasks.js';

test.each(layerNames.filter((name) => networks[name].stackable))(
  '%s trains in a stack of models as alone',
  async (name) => {
    const task = await open(name);
    expect(task.stack).toBe(16);
    const members = Int32Array.from(networks[name].data.labels.keys());
    const seeds = [0, 1, 2].map(runSeed);
    const stack = await task.train({ runs: seeds.map((seed) => ({ seed, members })), cancel: uncancelled });
    for (const [m, seed] of seeds.entries()) {
      expect(relativeError(stack[m].parameters, await trained(task, seed))).toBeLessThan(1e-4);
    }
    const together = await task.queryTargets(stack.map(({ parameters }) => parameters));
    for (const [m, { parameters }] of stack.entries()) {
      const checkpoint = checkpointOf(parameters);
      const request = { of: 'queries', checkpoint, output: 'target' } as const;
      expect(relativeError(together[m], await contextOf(task, [checkpoint]).outputs(request))).toBeLessThan(1e-5);
    }
    await task.release();
  },
);

test.each(layerNames)(
  'a seed decides the bytes of a run with %s, whatever is kept along it, on both engines',
  async (name) => {
    const task = await open(name);
    const first = await trained(task);
    const again = await open(name);
    const [{ parameters, snapshots }] = await again.train({
      runs: [{ seed: runSeed(0) }],
      snapshots: 3,
      cancel: uncancelled,
    });
    expect(parameters).toEqual(first);
    expect(snapshots.at(-1)?.parameters).toEqual(first);
    expect(await trained(task, runSeed(1))).not.toEqual(first);
    const few = { epochs: 1 };
    const [native, eager] = [await open(name, few), await open(name, few, networks[name].data, tfjsCpuEngine)];
    expect(relativeError(await trained(native), await trained(eager))).toBeLessThan(1e-4);
    for (const opened of [task, again, native, eager]) await opened.release();
  },
);

test('running statistics follow the batches, padding left out, and are no parameters', async () => {
  const task = await open('batch norm of inputs', { epochs: 2 });
  expect(task.info.parameters).toBe(2 * 3 + 4 * 3);
  const parameters = await trained(task);
  expect(parameters).toHaveLength(task.info.parameters + 2 * 3);
  const ctx = contextOf(task, [checkpointOf(parameters)]);
  expect(await ctx.parameters(ctx.checkpoints[0])).toEqual(parameters.slice(0, task.info.parameters));
  const { inputs } = networks['batch norm of inputs'].data;
  const [mean, variance] = [new Float64Array(3), new Float64Array(3).fill(1)];
  const sizes: number[] = [];
  for await (const { batch } of ctx.replay({ emit: ({ mask }) => ({ mask }) })) {
    const rows = [...batch].filter((row) => row >= 0);
    sizes.push(rows.length);
    for (let c = 0; c < 3; c++) {
      const values = rows.map((row) => inputs[row * 3 + c]);
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      const spread = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1);
      mean[c] = 0.75 * mean[c] + 0.25 * average;
      variance[c] = 0.75 * variance[c] + 0.25 * spread;
    }
  }
  expect(sizes).toEqual([4, 3, 4, 3]);
  expect(relativeError(parameters.slice(task.info.parameters), [...mean, ...variance])).toBeLessThan(1e-5);
  await task.release();
});

test.each([
  ['above', (id: number) => id + 1],
  ['below', (id: number) => id - 1],
])('ids %s those there are fail, alone and in a stack', async (_, moved) => {
  const { data } = networks.embedding;
  const task = await open('embedding', {}, { ...data, inputs: data.inputs.map(moved) });
  const members = Int32Array.from(data.labels.keys());
  for (const run of [{ seed: runSeed(0) }, { seed: runSeed(0), members }]) {
    await expect(task.train({ runs: [run], cancel: uncancelled })).rejects.toThrow('out of data bounds');
  }
  await task.release();
});

test('a last batch of one sample is trained on', async () => {
  const name = 'batch norm of vectors';
  const task = await open(name, { batch: 6 });
  expect((await trained(task)).every(Number.isFinite)).toBe(true);
  await task.release();
});

const refused: [string, Forward, boolean, string][] = [
  ['a rate of 1', (nn, x) => nn.dropout('drop', x, 1), true, 'the rate of drop is 1'],
  ['dropout of another axis', (nn, x) => nn.dropout('drop', tf.reshape(x, [2, 18]), 0.5), false, 'is not the batch'],
  ['two layers of one name', (nn, x) => nn.batchNorm('a', nn.dropout('a', x, 0.5)), true, 'two layers of the model'],
  ['a stackable convolution', (nn, x) => nn.depthwiseConv2d('d', x, { kernel: 3 }), true, 'cannot run a stack'],
  [
    'a transposed convolution of vectors',
    (nn, x) => nn.conv2dTranspose('up', tf.reshape(x, [1, 36]), { filters: 1, kernel: 2 }),
    false,
    'up convolves images',
  ],
  [
    'padding of everything',
    (nn, x) => nn.conv2dTranspose('up', x, { filters: 1, kernel: 2, padding: 4 }),
    false,
    'the padding of up leaves no pixel',
  ],
];
test.each(refused)('%s is refused', (_, forward, stackable, message) => {
  expect(() => declareNetwork({ forward, stackable }, [6, 6, 1])).toThrow(message);
});

const floats = (length: number) =>
  fc
    .array(fc.integer({ min: -100, max: 100 }), { minLength: length, maxLength: length })
    .map((list) => list.map((v) => v / 30));

const batches = fc
  .record({
    models: fc.constantFrom(0, 1, 2),
    batch: fc.integer({ min: 1, max: 5 }),
    padded: fc.integer({ min: 0, max: 2 }),
    positions: fc.constantFrom([], [3], [2, 3]),
    channels: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ models, batch, padded, positions, channels }) => {
    const shape = [...(models === 0 ? [] : [models]), batch + padded, ...positions, channels];
    const size = shape.reduce((product, dim) => product * dim, 1);
    return fc.record({
      models: fc.constant(models),
      shape: fc.constant(shape),
      weights: fc.constant([...new Array<number>(batch).fill(1 / batch), ...new Array<number>(padded).fill(0)]),
      x: floats(size),
      dy: floats(size),
    });
  });

/** Ioffe and Szegedy 2015, algorithm 1, over samples of weight above 0, one channel of one model at a time. */
function plainly(x: tf.Tensor, weights: readonly number[]): tf.Tensor {
  const valid = weights.filter((weight) => weight > 0).length;
  const rows = tf.slice(
    x,
    x.shape.map(() => 0),
    [valid, ...x.shape.slice(1)],
  );
  const { mean, variance } = tf.moments(tf.reshape(rows, [-1, x.shape[x.rank - 1]]), 0);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
}

test('training batch normalisation and its closed-form gradient are those of the published steps', async () => {
  await tf.setBackend('cpu');
  fc.assert(
    fc.property(batches, ({ models, shape, weights, x, dy }) => {
      const channels = shape[shape.length - 1];
      const leading = models === 0 ? [] : [models];
      const running = {
        'norm.mean': tf.zeros([...leading, 1, channels]),
        'norm.variance': tf.ones([...leading, 1, channels]),
      };
      const batch = { weights: tf.tensor1d([...weights]), moves: tf.scalar(1), observe() {} };
      const ours = (given: tf.Tensor) => trainingStandardised('norm', given, {}, running, batch);
      const expected = (given: tf.Tensor) =>
        models === 0
          ? plainly(given, weights)
          : tf.concat(
              Array.from({ length: models }, (_, m) =>
                tf.expandDims(plainly(tf.squeeze(tf.slice(given, [m], [1]), [0]), weights)),
              ),
              0,
            );
      const [input, errors] = [tf.tensor(x, shape), tf.tensor(dy, shape)];
      // Losses of padding count nowhere.
      const counted = tf.mul(
        errors,
        tf.reshape(tf.cast(tf.greater(batch.weights, 0), 'float32'), [
          weights.length,
          ...shape.slice(leading.length + 1).map(() => 1),
        ]),
      );
      const gradient = (f: (x: tf.Tensor) => tf.Tensor) =>
        tf
          .grad((given) => tf.sum(tf.mul(f(given), counted)))(input)
          .dataSync();
      const close = (a: ArrayLike<number>, b: ArrayLike<number>, size: number) => {
        for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThan(size * 1e-3);
      };
      close(ours(input).dataSync(), expected(input).dataSync(), 1);
      const slopes = gradient(expected);
      close(gradient(ours), slopes, Math.max(1, ...slopes.map(Math.abs)));
    }),
    { numRuns: 40 },
  );
});

test('masks keep the right share of numbers, each dropout by draws of its own, and follow from the seed', () => {
  const dropouts = [
    { name: 'a', shape: [50], rate: 0.3 },
    { name: 'b', shape: [50], rate: 0.3 },
    { name: 'c', shape: [5, 2], rate: 0.9 },
  ];
  const { specs, draw } = dropoutMasks(dropouts, 100);
  expect(specs[maskName('c')].shape).toEqual([100, 5, 2]);
  const step = () => ({
    [maskName('a')]: new Uint8Array(5000),
    [maskName('b')]: new Uint8Array(5000),
    [maskName('c')]: new Uint8Array(1000),
  });
  const next = draw(runSeed(0));
  const [first, second, again] = [step(), step(), step()];
  next(first);
  next(second);
  draw(runSeed(0))(again);
  const share = (mask: Uint8Array) => mask.reduce((sum, kept) => sum + kept, 0) / mask.length;
  expect(Math.abs(share(first[maskName('a')]) - 0.7)).toBeLessThan(0.03);
  expect(Math.abs(share(first[maskName('c')]) - 0.1)).toBeLessThan(0.04);
  expect(first[maskName('a')]).not.toEqual(first[maskName('b')]);
  expect(first[maskName('a')]).not.toEqual(second[maskName('a')]);
  expect(again).toEqual(first);
});

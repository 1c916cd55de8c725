import { Rng, sizeOf } from '@attribution-bench/contract';
import { onnxEngine, tfjsCpuEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { models, openTask, type Task, type TaskData, type TaskSpec } from '../src/index.js';
import type { Architecture } from '../src/nn/architecture/layer.js';
import { selfAttention } from '../src/nn/functions/self-attention.js';
import { doubled } from '../src/nn/functions/upsample.js';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, specOf, uncancelled } from './support/tasks.js';

const tiny = { channels: [4, 6], groups: 2, timeFeatures: 4, attention: [1] };

/** A bright square on grainy ground somewhere in each image, in [-1, 1]. */
function squares(inputShape: readonly number[], train = 5, queries = 3): TaskData {
  const rng = new Rng(runSeed(9));
  const [height, width, channels] = inputShape;
  const drawn = (count: number) => {
    const pixels = Float32Array.from({ length: count * sizeOf(inputShape) }, () => 0.8 * rng.uniform() - 1);
    for (let i = 0; i < count; i++) {
      const [top, left] = [rng.below(height - 1), rng.below(width - 1)];
      for (const [y, x] of [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ]) {
        for (let c = 0; c < channels; c++) {
          pixels[((i * height + top + y) * width + left + x) * channels + c] = 0.5 + 0.5 * rng.uniform();
        }
      }
    }
    return pixels;
  };
  return {
    inputs: drawn(train),
    labels: new Int32Array(train),
    flipped: new Uint8Array(train),
    queryInputs: drawn(queries),
    queryLabels: new Int32Array(queries),
    inputShape,
    classes: 1,
    ids: Array.from({ length: train }, (_, i) => `train/${i}`),
    queryIds: Array.from({ length: queries }, (_, i) => `test/${i}`),
  };
}

const specWith = (model: Record<string, unknown> = {}): TaskSpec =>
  specOf({
    data: { use: 'fashion-mnist' },
    model: { use: 'ddpm-unet', ...tiny, epochs: 2, batch: 4, lr: 0.01, ...model },
    target: { use: 'neg-denoising-loss', timesteps: 4 },
    queries: { heldout: 3, generated: 0, samplerSteps: 5 },
  });
const open = (data: TaskData, model: Record<string, unknown> = {}, engine = onnxEngine): Promise<Task> =>
  openTask(specWith(model), data, engine);
const trained = async (task: Task): Promise<Float32Array> =>
  (await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled }))[0].parameters;
const timesteps = [20, 400, 800];
const outputsOf = (task: Task, parameters: Float32Array, of: 'train' | 'queries' = 'train') => {
  const checkpoint = checkpointOf(parameters);
  return contextOf(task, [checkpoint]).outputs({ of, checkpoint, output: 'loss', timesteps });
};
const gradientsOf = async (
  task: Task,
  parameters: Float32Array,
  at: { readonly timesteps?: readonly number[] } = { timesteps },
) => {
  const checkpoint = checkpointOf(parameters);
  return allRows(contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output: 'loss', ...at }));
};

function architectureOf(model: Record<string, unknown>, inputShape: readonly number[]): Architecture {
  const { use, ...params } = specWith(model).model;
  const network = models[use].network(params as never, { inputShape, outputs: sizeOf(inputShape) });
  return declareNetwork(network, inputShape, params.timeFeatures as number);
}

/** Normal parameters, around 1 where they scale: none that the network is indifferent to. */
function someParameters(data: TaskData, model: Record<string, unknown> = {}): Float32Array {
  const rng = new Rng(runSeed(8));
  const { parameters, size } = architectureOf(model, data.inputShape);
  const flat = Float32Array.from({ length: size }, () => 0.2 * rng.normal());
  for (const { name, offset, size: own } of parameters) {
    if (name.endsWith('.scale')) for (let i = offset; i < offset + own; i++) flat[i] += 1;
  }
  return flat;
}

const published = { channels: [128, 256, 256, 256], layers: 2, attention: [2], groups: 32, timeFeatures: 128 };
test.each([
  [false, 35_746_307],
  [true, 38_307_203],
])(
  'at the published size with timeScaleShift %o it has as many parameters as published: %i',
  (timeScaleShift, size) => {
    expect(architectureOf({ ...published, timeScaleShift }, [32, 32, 3]).size).toBe(size);
  },
);

test('resolutions, residual blocks and attention are where the parameters say', () => {
  const { layers } = architectureOf({ channels: [4, 6, 8], layers: 2, attention: [2] }, [28, 28, 1]);
  const shapes = new Map(layers.map(({ name, outputShape }) => [name, outputShape]));
  const named = (pattern: RegExp) => layers.map(({ name }) => name).filter((name) => pattern.test(name));
  expect(named(/conv1$/)).toEqual(
    ['down1.res1', 'down1.res2', 'down2.res1', 'down2.res2', 'down3.res1', 'down3.res2', 'middle.res1', 'middle.res2']
      .concat(['up3.res1', 'up3.res2', 'up3.res3', 'up2.res1', 'up2.res2', 'up2.res3'])
      .concat(['up1.res1', 'up1.res2', 'up1.res3'])
      .map((block) => `${block}.conv1`),
  );
  expect(named(/query$/)).toEqual(
    [
      'down2.attention1',
      'down2.attention2',
      'middle.attention',
      'up2.attention1',
      'up2.attention2',
      'up2.attention3',
    ].map((block) => `${block}.query`),
  );
  expect(shapes.get('down2.half')).toEqual([7, 7, 6]);
  expect(shapes.get('up3.double')).toEqual([14, 14, 8]);
  expect(shapes.get('last')).toEqual([28, 28, 1]);
});

test.each([
  [
    [7, 5, 2],
    [4, 4, 4],
  ],
  [
    [9, 16, 3],
    [4, 4, 4, 4, 4],
  ],
  [[1, 1, 3], [4]],
])('images of %o go through %o and come out in their shape', (inputShape, channels) => {
  const { layers } = architectureOf({ channels, attention: [] }, inputShape);
  expect(layers.at(-1)?.outputShape).toEqual(inputShape);
});

test.each([
  [{ channels: [4, 4, 4, 4, 4] }, [8, 8, 1], 'images of 8×8 cannot be halved 4 times, as 5 channels ask for'],
  [{ attention: [3] }, [8, 8, 1], 'model.attention names resolution 3 of 2'],
  [{ channels: [] }, [8, 8, 1], 'names no resolution'],
  [{ groups: 4 }, [8, 8, 1], 'cannot be divided into 4 groups'],
  [{ timeFeatures: 5 }, [8, 8, 1], 'model.timeFeatures is 5'],
  [{}, [64], 'takes images [height, width, channels], the inputs of the data set are [64]'],
])('%o on %o is refused: %s', async (model, inputShape, message) => {
  const data = { ...squares([8, 8, 1]), inputShape };
  await expect(open(data, model)).rejects.toThrow(message);
});

test('doubling repeats pixels and cuts what an odd side had too many', () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
  expect(tf.reshape(doubled(x, 3, 5), [3, 5]).arraySync()).toEqual([
    [1, 1, 2, 2, 3],
    [1, 1, 2, 2, 3],
    [4, 4, 5, 5, 6],
  ]);
});

test('attention averages values by the softmax of scaled products', () => {
  const x = tf.tensor3d([0.3, -1, 2, 0.5, 1, 1.5], [1, 3, 2]);
  // Queries, keys and values are x itself, and so is what goes out.
  const attended = selfAttention({ dense: (_name: string, h: tf.Tensor) => h } as never, 'a', x).arraySync();
  const rows = x.arraySync()[0];
  const expected = rows.map((query) => {
    const weights = rows.map((key) => Math.exp((query[0] * key[0] + query[1] * key[1]) / Math.sqrt(2)));
    const total = weights.reduce((sum, weight) => sum + weight);
    return [0, 1].map((c) => rows.reduce((sum, value, i) => sum + (weights[i] / total) * value[c], 0));
  });
  expect(relativeError((attended as number[][][]).flat(2), expected.flat())).toBeLessThan(1e-6);
});

test.each([{ timeScaleShift: false }, { timeScaleShift: true, layers: 2, attention: [2] }])(
  'per-sample gradients with %o agree with finite differences',
  async (model) => {
    const data = squares([7, 6, 2], 3);
    const task = await open(data, model);
    const parameters = someParameters(data, model);
    const { data: rows, cols } = await gradientsOf(task, parameters);
    expect(cols).toBe(task.info.parameters);
    const rng = new Rng(runSeed(3));
    const [found, expected]: [number[], number[]] = [[], []];
    // Along a random direction within each layer, so that none is drowned by the others.
    for (const { offset, size } of task.info.layers) {
      const direction = Float32Array.from({ length: size }, () => rng.normal() / Math.sqrt(size));
      const h = 5e-3;
      const at = (by: number) => {
        const moved = parameters.slice();
        for (const [i, value] of direction.entries()) moved[offset + i] += by * value;
        return outputsOf(task, moved);
      };
      const [above, below] = [await at(h), await at(-h)];
      for (let row = 0; row < 3; row++) {
        found.push(direction.reduce((sum, value, i) => sum + value * rows[row * cols + offset + i], 0));
        expected.push((above[row] - below[row]) / (2 * h));
      }
    }
    expect(relativeError(found, expected)).toBeLessThan(2e-3);
    await task.release();
  },
);

test('Hessian products agree with differences of gradients', async () => {
  const data = squares([5, 4, 1], 3);
  const model = { channels: [2, 4], attention: [], timeScaleShift: true };
  const task = await open(data, model);
  const parameters = someParameters(data, model);
  const rng = new Rng(runSeed(1));
  const vectors = Float32Array.from(parameters, () => rng.normal());
  const checkpoint = checkpointOf(parameters);
  const found = await contextOf(task, [checkpoint]).curvatureProducts({ checkpoint, vectors });
  const h = 5e-4;
  const meanGradient = async (by: number) => {
    const moved = parameters.map((value, i) => value + by * vectors[i]);
    const { data, cols } = await gradientsOf(task, moved, {});
    return Float64Array.from(parameters, (_, i) => (data[i] + data[cols + i] + data[2 * cols + i]) / 3);
  };
  const [above, below] = [await meanGradient(h), await meanGradient(-h)];
  const expected = above.map((value, i) => (value - below[i]) / (2 * h));
  expect(relativeError(found, expected)).toBeLessThan(2e-2);
  await task.release();
});

test('what comes out of a point depends on no other point', async () => {
  const data = squares([6, 6, 1], 5);
  const all = await open(data);
  const parameters = someParameters(data);
  const together = await outputsOf(all, parameters);
  const gradients = await gradientsOf(all, parameters);
  const dims = 36;
  const alone = await open({ ...data, inputs: data.inputs.slice(3 * dims, 4 * dims), labels: data.labels.slice(0, 1) });
  expect(relativeError(await outputsOf(alone, parameters), together.subarray(3, 4))).toBeLessThan(1e-5);
  const { data: own, cols } = await gradientsOf(alone, parameters);
  expect(relativeError(own, gradients.data.subarray(3 * cols, 4 * cols))).toBeLessThan(1e-5);
  await all.release();
  await alone.release();
});

test('it learns to denoise, in the same bytes every time, with a moving average too, and draws images', async () => {
  const task = await open(squares([6, 6, 1], 8), { epochs: 100, batch: 8, ema: 0.9 });
  const run = { seed: runSeed(0) };
  const [{ parameters, losses }] = await task.train({ runs: [run], cancel: uncancelled });
  const last = losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / 20;
  expect(last).toBeLessThan(0.5 * losses[0]);
  expect(await trained(task)).toEqual(parameters);
  const images = (await task.generate?.(parameters, [0, 1], uncancelled)) as Float32Array;
  expect(images.length).toBe(72);
  expect(images.every((value) => value >= -1 && value <= 1)).toBe(true);
  expect(images.subarray(0, 36)).not.toEqual(images.subarray(36));
  await task.release();
});

test('both engines train and sample to the same numbers up to rounding', async () => {
  const data = squares([5, 6, 3], 4);
  const [onnx, eager] = await Promise.all(
    [onnxEngine, tfjsCpuEngine].map(async (engine) => {
      const task = await open(data, { channels: [2, 4], optimizer: 'sgd', flip: true, timeScaleShift: true }, engine);
      const parameters = await trained(task);
      const outputs = await outputsOf(task, parameters);
      await task.release();
      return { parameters, outputs };
    }),
  );
  expect(relativeError(onnx.parameters, eager.parameters)).toBeLessThan(1e-4);
  expect(relativeError(onnx.outputs, eager.outputs)).toBeLessThan(1e-4);
});

test('flip mirrors training images at random, leaves all other draws alone, and gradients to the images as they are', async () => {
  const data = squares([6, 6, 2], 6);
  // The first three points are made symmetric.
  const { inputs } = data;
  for (let line = 0; line < inputs.length / 2; line += 12) {
    for (let x = 3; x < 6; x++) for (let c = 0; c < 2; c++) inputs[line + 2 * x + c] = inputs[line + 2 * (5 - x) + c];
  }
  const [plain, mirrored] = [await open(data, { flip: false }), await open(data, { flip: true })];
  const trainedOn = async (task: Task, ...members: number[]) => {
    const runs = [{ seed: runSeed(0), members: Int32Array.from(members) }];
    return (await task.train({ runs, cancel: uncancelled }))[0].parameters;
  };
  expect(await trainedOn(mirrored, 0, 1, 2)).toEqual(await trainedOn(plain, 0, 1, 2));
  const parameters = await trainedOn(mirrored, 3, 4, 5);
  expect(parameters).toEqual(await trainedOn(mirrored, 3, 4, 5));
  expect(parameters).not.toEqual(await trainedOn(plain, 3, 4, 5));
  expect(await gradientsOf(mirrored, parameters)).toEqual(await gradientsOf(plain, parameters));
  await plain.release();
  await mirrored.release();
});

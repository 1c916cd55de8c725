import { deriveSeed, type OutputFunction } from '@attribution-bench/contract';
import { openGraph } from '@attribution-bench/onnx';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { openTask, type PortableTask, portableTask, type TaskData, type TaskSpec, targets } from '../src/index.js';
import { imageData } from './support/image-data.js';
import { checkpointOf, contextOf, relativeError, runSeed, specOf, uncancelled } from './support/tasks.js';

const images = [12, 12, 3];
const classifiers: [string, Record<string, unknown>][] = [
  ['logistic', { use: 'logistic' }],
  ['mlp', { use: 'mlp', hidden: [6, 5], activation: 'tanh', dropout: 0.2 }],
  ['cnn with maximum pooling', { use: 'cnn', channels: [3, 4], hidden: [5] }],
  ['cnn with average pooling', { use: 'cnn', channels: [4], pooling: 'average', mean: [0.1, 0.2, 0.3] }],
  ['resnet9 with group normalisation', { use: 'resnet9', width: 4, groups: 2 }],
  ['resnet9 with batch normalisation', { use: 'resnet9', width: 4, norm: 'batch' }],
  ['resnet9 of dattri', { use: 'resnet9', variant: 'dattri', width: 2, groups: 2 }],
];
const generators: [string, Record<string, unknown>][] = [
  ['ddpm-mlp', { use: 'ddpm-mlp', hidden: [8], timeFeatures: 6, ema: 0.9 }],
  ['ddpm-unet', { use: 'ddpm-unet', channels: [4, 6], groups: 2, timeFeatures: 4, attention: [1] }],
  [
    'ddpm-unet that scales and shifts',
    { use: 'ddpm-unet', channels: [4], groups: 2, timeFeatures: 4, timeScaleShift: true },
  ],
];

const classifierSpec = (model: Record<string, unknown>): TaskSpec =>
  specOf({ data: { use: 'synthetic' }, model: { ...model, epochs: 2, batch: 4, lr: 0.02 } });
const generatorSpec = (model: Record<string, unknown>): TaskSpec =>
  specOf({
    data: { use: 'fashion-mnist' },
    model: { ...model, epochs: 2, batch: 4, lr: 0.01 },
    target: { use: 'neg-denoising-loss', timesteps: 4, draws: 2 },
    queries: { heldout: 3, generated: 0 },
  });

async function trained(spec: TaskSpec, data: TaskData) {
  const task = await openTask(spec, data, onnxEngine);
  const seed = runSeed(0);
  const [run] = await task.train({ runs: [{ seed }], snapshots: 2, cancel: uncancelled });
  return { task, seed, run, portable: portableTask(spec, data) };
}

/** Opens the ONNX file, which runs on any number of rows. */
async function opened({ networkInputs, networkOutputs, network }: PortableTask, parameters: Float32Array) {
  const { onnx, batch } = await network(parameters);
  expect(batch).toBeUndefined();
  const program = await openGraph({
    onnx,
    inputs: Object.fromEntries(
      Object.entries(networkInputs).map(([name, shape]) => [name, { shape: [-1, ...shape], dtype: 'float32' }]),
    ),
    outputs: { output: { shape: [-1, networkOutputs], dtype: 'float32' } },
  });
  return {
    predict: async (feeds: Readonly<Record<string, Float32Array>>) => (await program.run(feeds)).output,
    release: () => program.release(),
  };
}

describe('the ONNX file of a classifier gives our logits, whatever the batch', () => {
  test.each(classifiers)('%s', async (_name, model) => {
    const data = imageData(images);
    const { task, run, portable } = await trained(classifierSpec(model), data);
    const file = await opened(portable, run.parameters);
    const logits = await file.predict({ x: data.inputs });
    await file.release();
    const ctx = contextOf(task, [checkpointOf(run.parameters)]);
    for (let label = 0; label < data.classes; label++) {
      const logit: OutputFunction = (prediction) => tf.squeeze(tf.slice(prediction, [0, label], [-1, 1]), [1]);
      const ours = await ctx.outputs({ of: 'train', checkpoint: ctx.checkpoints[0], output: logit });
      const theirs = Float32Array.from(data.labels, (_, i) => logits[i * data.classes + label]);
      expect(relativeError(theirs, ours)).toBeLessThan(1e-5);
    }
    await task.release();
  });
});

describe('the ONNX file, the levels and the noise of a generator give our losses and targets', () => {
  test.each(generators)('%s', async (_name, model) => {
    const data = imageData([8, 8, 1]);
    const spec = generatorSpec(model);
    const { task, run, portable } = await trained(spec, data);
    const { diffusion } = portable;
    const file = await opened(portable, run.parameters);
    if (diffusion === undefined) throw new Error('a generator has noise');
    const dims = 64;
    const width = 2 + diffusion.timeFeatures;
    /** Mean squared error of each row, as the formulas of the export say. */
    const losses = async (rows: { clean: Float32Array; noise: Float32Array; t: number }[]) => {
      const x = new Float32Array(rows.length * dims);
      const time = new Float32Array(rows.length * diffusion.timeFeatures);
      for (const [i, { clean, noise, t }] of rows.entries()) {
        const level = diffusion.levels.subarray(t * width, (t + 1) * width);
        for (let d = 0; d < dims; d++) x[i * dims + d] = level[0] * clean[d] + level[1] * noise[d];
        time.set(level.subarray(2), i * diffusion.timeFeatures);
      }
      const predicted = await file.predict({ x, time });
      return rows.map(({ noise }, i) => {
        let sum = 0;
        for (let d = 0; d < dims; d++) sum += (predicted[i * dims + d] - noise[d]) ** 2;
        return sum / dims;
      });
    };
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const pointLosses: number[] = [];
    for (let i = 0; i < data.labels.length; i++) {
      const noise = diffusion.methodNoise('train', i);
      const clean = data.inputs.subarray(i * dims, (i + 1) * dims);
      const rows = diffusion.method.timesteps.map((t, k) => ({
        clean,
        noise: noise.subarray(k * dims, (k + 1) * dims),
        t,
      }));
      pointLosses.push(mean(await losses(rows)));
    }
    const ctx = contextOf(task, [checkpointOf(run.parameters)]);
    const ours = await ctx.outputs({ of: 'train', checkpoint: ctx.checkpoints[0], output: 'loss' });
    expect(relativeError(pointLosses, ours)).toBeLessThan(1e-5);

    const { timesteps, draws } = diffusion.target;
    const found: number[] = [];
    for (let q = 0; q < data.queryLabels.length; q++) {
      const noise = diffusion.targetNoise(q);
      const clean = data.queryInputs.subarray(q * dims, (q + 1) * dims);
      const rows = timesteps.flatMap((t, k) =>
        Array.from({ length: draws }, (_, r) => {
          const first = (k * draws + r) * dims;
          return { clean, noise: noise.subarray(first, first + dims), t };
        }),
      );
      found.push(-mean(await losses(rows)));
    }
    const [expected] = await task.queryTargets([run.parameters]);
    expect(relativeError(found, expected)).toBeLessThan(1e-5);
    await file.release();
    await task.release();
  });
});

test('a run record holds what the run went by: trained by hand on it, a logistic regression comes out the same', async () => {
  const spec = classifierSpec({ use: 'logistic', schedule: 'cosine', momentum: 0.9, weightDecay: 0.01 });
  const data = imageData([4, 4, 1]);
  const { run, seed, portable, task } = await trained(spec, data);
  const record = portable.run(seed);
  const { momentum = 0, weightDecay, batch } = spec.training;
  const { classes } = data;
  const dims = 16;
  const p = Float64Array.from(record.initial);
  const velocity = new Float64Array(p.length);
  for (let step = 0; step < record.steps; step++) {
    const rows = record.batches.subarray(step * batch, (step + 1) * batch).filter((row) => row >= 0);
    const gradient = new Float64Array(p.length);
    for (const row of rows) {
      const x = data.inputs.subarray(row * dims, (row + 1) * dims);
      const logits = Array.from({ length: classes }, (_, c) =>
        x.reduce((sum, value, d) => sum + value * p[d * classes + c], p[dims * classes + c]),
      );
      const exps = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
      const total = exps.reduce((sum, value) => sum + value, 0);
      for (let c = 0; c < classes; c++) {
        const delta = (exps[c] / total - (data.labels[row] === c ? 1 : 0)) / rows.length;
        for (let d = 0; d < dims; d++) gradient[d * classes + c] += delta * x[d];
        gradient[dims * classes + c] += delta;
      }
    }
    for (let i = 0; i < p.length; i++) {
      velocity[i] = momentum * velocity[i] + gradient[i] + weightDecay * p[i];
      p[i] -= record.learningRates[step] * velocity[i];
    }
  }
  expect(relativeError(p, run.parameters)).toBeLessThan(1e-5);
  expect(record.timesteps).toBeUndefined();
  await task.release();
});

test("a generator's record names the time step of each place of each batch", () => {
  const spec = generatorSpec({ use: 'ddpm-mlp', hidden: [8] });
  const data = imageData([8, 8, 1]);
  const {
    steps,
    timesteps = new Int32Array(),
    batches,
  } = portableTask(spec, data).run(deriveSeed(1, 'x', 'checkpoint'));
  expect(timesteps).toHaveLength(batches.length);
  expect(steps).toBe(4);
  expect(timesteps.every((t) => t >= 0 && t < 1000)).toBe(true);
  expect(new Set(timesteps).size).toBeGreaterThan(4);
});

test('tensors are views of the flat vector in its order, statistics after the parameters', async () => {
  const spec = classifierSpec({ use: 'resnet9', width: 4, norm: 'batch' });
  const portable = portableTask(spec, imageData(images));
  const { arrays, parameters, statistics, size } = portable.architecture;
  const flat = Float32Array.from({ length: arrays.reduce((sum, array) => sum + array.size, 0) }, (_, i) => i);
  const tensors = Object.values(portable.tensors(flat));
  expect(tensors.flatMap(({ data }) => [...data])).toEqual([...flat]);
  expect(parameters.length + statistics.length).toBe(arrays.length);
  expect(statistics[0].offset).toBe(size);
});

test('every target says what it is', () => {
  for (const { words, formula } of Object.values(targets))
    expect([words, formula].map((text) => text.length > 10)).toEqual([true, true]);
});

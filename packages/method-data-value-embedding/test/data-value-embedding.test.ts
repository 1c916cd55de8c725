import { type ModelMethodContext, type ProjectionKind, type ReplayStep, Rng } from '@attribution-bench/contract';
import { collectRows } from '@attribution-bench/numerics';
import {
  describeMethod,
  dot,
  expectReference,
  generatedData,
  neverCancelled,
  runMethod,
  type Setting,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import dataValueEmbedding from '../src/data-value-embedding.js';
import { type RunStep, trainingEmbeddings } from '../src/embeddings.js';
import { emitFactors, gradientReader, projectionScale, scaled } from '../src/run-gradients.js';

const oneRun = 'it is of one training run, in which a point meets the noise of its place in the batches';
describeMethod(dataValueEmbedding, {
  params: { projDim: 64 },
  exemptOnGenerators: { permutation: oneRun, duplicates: oneRun },
});

describe('embeddings of a run of 7 steps on 6 points and 4 parameters', () => {
  const [p, train] = [4, 6];
  const rng = new Rng([1, 2, 3, 4]);
  const normals = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
  const runOf = (momentum: number, weightDecay: number, preconditioned: boolean): RunStep[] =>
    Array.from({ length: 7 }, (_, t) => {
      const gradients = normals(3 * p);
      const points = Int32Array.from(rng.permutation(train)).subarray(0, 3);
      const steps = preconditioned ? normals(3 * p) : gradients;
      return { points, learningRate: 0.1 + 0.02 * t, momentum, weightDecay, gradients, steps };
    });

  test.each([
    ['SGD', 0, 0, false],
    ['momentum and weight decay', 0.9, 0.3, false],
    ['a preconditioner', 0, 0.3, true],
  ])('are products of explicit matrices with %s', async (_, momentum, weightDecay, preconditioned) => {
    const run = runOf(momentum, weightDecay, preconditioned);
    const expected = new Float64Array(train * p);
    for (const [t, { points, learningRate, steps }] of run.entries())
      for (const [place, point] of points.entries()) {
        // State (θ, v) after a push of the gradient at step t, through the Jacobian of each later step.
        let state = [...Array.from(steps.subarray(place * p, (place + 1) * p), (slope) => -learningRate * slope)];
        state.push(...steps.subarray(place * p, (place + 1) * p));
        for (const later of run.slice(t + 1)) state = jacobian(later).map((row) => dot(row, state));
        for (let c = 0; c < p; c++) expected[point * p + c] += state[c];
      }
    expectReference(await trainingEmbeddings(run, { columns: p, train, curvature: true }), expected, 1e-12);
  });

  /** Of v' = momentum v + D (H θ) + decay θ, θ' = θ - lr v' by (θ, v), with D H = |B| Σ step ⊗ gradient. */
  function jacobian({ points, learningRate, momentum, weightDecay, gradients, steps }: RunStep): number[][] {
    const identity = (i: number, j: number) => (i === j ? 1 : 0);
    const velocity = Array.from({ length: p }, (_, i) => [
      ...Array.from({ length: p }, (_, j) => {
        let curvature = 0;
        for (let b = 0; b < points.length; b++) curvature += points.length * steps[b * p + i] * gradients[b * p + j];
        return curvature + weightDecay * identity(i, j);
      }),
      ...Array.from({ length: p }, (_, j) => momentum * identity(i, j)),
    ]);
    const parameters = velocity.map((row, i) => row.map((value, j) => identity(i, j) - learningRate * value));
    return [...parameters, ...velocity];
  }

  test('are those of the recursion over embeddings of later points that the paper gives', async () => {
    const run = runOf(0, 0, false);
    const expected = new Float64Array(train * p);
    /** Of later steps, each point's embedding and gradient. */
    const later: { readonly embedding: number[]; readonly gradient: number[] }[] = [];
    for (const { points, learningRate, gradients } of [...run].reverse()) {
      const eta = learningRate / points.length;
      const own = Array.from(points, (_, b) =>
        Array.from(gradients.subarray(b * p, (b + 1) * p), (g) => g * points.length),
      );
      const embeddings = own.map((gradient) =>
        gradient.map((slope, c) =>
          later.reduce((sum, next) => sum - eta * dot(next.gradient, gradient) * next.embedding[c], eta * slope),
        ),
      );
      for (const [b, point] of points.entries()) {
        later.push({ embedding: embeddings[b], gradient: own[b] });
        for (let c = 0; c < p; c++) expected[point * p + c] -= embeddings[b][c];
      }
    }
    expectReference(await trainingEmbeddings(run, { columns: p, train, curvature: true }), expected, 1e-12);
  });
});

/** The context of a method on the models of a setting. */
async function contextOf({ task, models }: Setting): Promise<ModelMethodContext> {
  const given = await models({ checkpoints: 1, trajectory: 1 });
  return task.context({ ...given, scope: [0, 0, 0, 0], cancel: neverCancelled, progress() {}, log() {} });
}

describe('gradients along a run', () => {
  const train = 12;
  const specOf = (model: Readonly<Record<string, unknown>>) =>
    taskSpec({ id: 'one-step', data: { use: 'digits', train, queries: 4 }, model }, 1);
  /** The digits as images. */
  const images = generatedData(specOf({ use: 'logistic' })).then((data) => ({ ...data, inputShape: [8, 8, 1] }));
  const settingOf = async (recipe: Readonly<Record<string, unknown>>) => {
    const network = { use: 'cnn', channels: [3], hidden: [6], epochs: 1, batch: train, schedule: 'constant' };
    return trainedSetting(specOf({ ...network, ...recipe }), await images);
  };
  /** A step of no length leaves the initial model. */
  const initial = settingOf({ lr: 0 }).then(contextOf);

  test.each<[ProjectionKind, number]>([
    ['none', 1],
    ['rademacher', 24],
    ['sjlt', 24],
    ['logra', 24],
    ['factgrass', 24],
  ])('are projected as those of a checkpoint by %s', async (kind, dim) => {
    const ctx = await initial;
    const projection = { kind, dim, seed: ctx.seed('projection') };
    const [checkpoint] = ctx.trajectory;
    const rows = await collectRows(ctx.gradients({ of: 'train', checkpoint, output: 'loss', projection }), train);
    scaled(rows.data, projectionScale(projection));
    const reader = gradientReader(projection, ctx.layerMatrices, ctx.task.parameters);
    for await (const { batch, emitted } of ctx.replay({ emit: emitFactors })) {
      const { gradients, steps } = await reader.read(emitted, batch.length);
      expect(steps).toBe(gradients);
      const byPlace = Float32Array.from({ length: train * reader.columns }, (_, i) => {
        const point = batch[Math.floor(i / reader.columns)];
        return rows.data[point * reader.columns + (i % reader.columns)] / train;
      });
      expectReference(gradients, byPlace, 1e-5);
    }
  });

  test("are scaled by Adam's preconditioner before they are projected", async () => {
    const ctx = await settingOf({ optimizer: 'adam', lr: 1e-3 }).then(contextOf);
    const { layerMatrices } = ctx;
    const p = ctx.task.parameters;
    const seed = ctx.seed('projection');
    const whole = gradientReader({ kind: 'none', dim: 1, seed }, layerMatrices, p);
    const projected = gradientReader({ kind: 'logra', dim: 24, seed }, layerMatrices, p);
    for await (const { batch, emitted } of ctx.replay({ emit: emitFactors })) {
      const { gradients, steps } = await whole.read(emitted, batch.length);
      const mean = Array.from({ length: p }, (_, c) => batch.reduce((sum, _point, b) => sum + gradients[b * p + c], 0));
      // Adam's first step divides by the length of the batch's own gradient.
      const rows = gradients.map((slope, i) => slope / (Math.abs(mean[i % p]) + 1e-8));
      expectReference(steps, rows, 1e-3);
      const asWhole = Object.fromEntries(
        layerMatrices.flatMap(({ offset, width, outputs }, l) => [
          [`input ${l}`, new Float32Array(train).fill(1)],
          [
            `delta ${l}`,
            Float32Array.from({ length: train * width * outputs }, (_, i) => {
              const [b, at] = [Math.floor(i / (width * outputs)), i % (width * outputs)];
              return steps[b * p + offset + at];
            }),
          ],
        ]),
      );
      const { gradients: expected } = await projected.read(asWhole, train);
      expectReference((await projected.read(emitted, train)).steps, expected, 1e-5);
    }
  });
});

describe('on a run of small steps, where curvature does not count', () => {
  const setting = trainedSetting(
    taskSpec(
      {
        id: 'small-steps',
        data: { use: 'synthetic', train: 20, queries: 5, classes: 3, dims: 4 },
        model: { use: 'mlp', hidden: [5], activation: 'tanh', epochs: 4, batch: 8, lr: 1e-3, momentum: 0 },
      },
      1,
    ),
  );
  const params = { projection: 'none' };

  test('scores are the sum over steps of lr / |B| times products of gradients, as of In-Run Data Shapley', async () => {
    const { scores } = await runMethod(dataValueEmbedding, await setting, { params });
    const ctx = await contextOf(await setting);
    const sums = new Float64Array(scores.length);
    const products = ({ batch, queries }: ReplayStep) => {
      const cross = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true);
      const byLayer = batch.map(({ input, delta }, l) =>
        tf.mul(cross(input, queries[l].input), cross(delta, queries[l].delta)),
      );
      return { products: byLayer.reduce((sum, layer) => tf.add(sum, layer)) };
    };
    for await (const { batch, learningRate, emitted } of ctx.replay({ emit: products }))
      for (const [place, point] of batch.entries())
        if (point >= 0)
          for (let q = 0; q < 5; q++) sums[q * 20 + point] -= learningRate * emitted.products[place * 5 + q];
    expectReference(scores, sums, 1e-2);
  });
});

test('with momentum, scores are what training again with other weights of a point does to the targets', async () => {
  const setting = await trainedSetting(
    taskSpec(
      {
        id: 'momentum',
        data: { use: 'synthetic', train: 20, queries: 5, classes: 3, dims: 4 },
        model: { use: 'logistic', epochs: 6, batch: 8, lr: 1e-4, momentum: 0.9 },
      },
      1,
    ),
  );
  const { scores } = await runMethod(dataValueEmbedding, setting, { params: { projection: 'none' } });
  const ctx = await contextOf(setting);
  const weights = new Float32Array(20 * 20).fill(1);
  for (let point = 0; point < 20; point++) weights[point * 20 + point] = 0;
  const without = await ctx.reweighted(weights);
  const whole = await ctx.reweighted(new Float32Array(20).fill(1));
  const effects = Float64Array.from(
    scores,
    (_, i) => whole[Math.floor(i / 20)] - without[(i % 20) * 5 + Math.floor(i / 20)],
  );
  expectReference(scores, effects, 1e-2);
});

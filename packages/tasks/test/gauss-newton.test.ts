import { type ModelMethodContext, type OutputFunction, Rng } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { type LoadedCheckpoint, openTask } from '../src/index.js';
import { imageData } from './support/image-data.js';
import { open, trained } from './support/layer-networks.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, specOf, taskOf } from './support/tasks.js';

const vectorOf = (p: number) => {
  const rng = new Rng(runSeed(1));
  return Float32Array.from({ length: p }, () => rng.normal());
};
/** J v of one number that the model predicts, by its gradient at each point, [train], and the gradients. */
async function alongOf(
  ctx: ModelMethodContext,
  checkpoint: LoadedCheckpoint,
  vector: Float32Array,
  output: OutputFunction,
  timesteps?: readonly number[],
) {
  const request = { of: 'train', checkpoint, output, ...(timesteps !== undefined && { timesteps }) } as const;
  const { data: rows, cols } = await allRows(ctx.gradients(request));
  const along = Float64Array.from({ length: rows.length / cols }, (_, row) =>
    vector.reduce((sum, value, i) => sum + value * rows[row * cols + i], 0),
  );
  return { rows, along };
}
const entry =
  (index: number, of = (prediction: tf.Tensor) => prediction): OutputFunction =>
  (prediction) =>
    tf.reshape(tf.slice(of(prediction as tf.Tensor), [0, index], [-1, 1]), [-1]);

test.each(['everything', 'batch norm of vectors'])(
  'Gauss-Newton products of %s are Jᵀ (diag(p) - p pᵀ) J v, of all points and of some',
  async (name) => {
    const task = await open(name);
    const checkpoint = checkpointOf(await trained(task));
    const ctx = contextOf(task, [checkpoint]);
    const { parameters: p, train, classes } = task.info;
    const vector = vectorOf(p);
    const logits = await Promise.all(
      Array.from({ length: classes }, async (_, c) => ({
        ...(await alongOf(ctx, checkpoint, vector, entry(c))),
        share: await ctx.outputs({
          of: 'train',
          checkpoint,
          output: entry(c, (values) => tf.softmax(values as tf.Tensor2D)),
        }),
      })),
    );
    const expected = (points: readonly number[]) => {
      const sums = new Float64Array(p);
      for (const point of points) {
        const mean = logits.reduce((sum, { along, share }) => sum + share[point] * along[point], 0);
        for (const { along, share, rows } of logits)
          for (let i = 0; i < p; i++)
            sums[i] += (share[point] * (along[point] - mean) * rows[point * p + i]) / points.length;
      }
      return sums;
    };
    const request = { checkpoint, kind: 'gauss-newton', vectors: vector } as const;
    const all = await ctx.curvatureProducts(request);
    expect(relativeError(all, expected([...Array(train).keys()]))).toBeLessThan(1e-4);
    const some = await ctx.curvatureProducts({ ...request, points: Int32Array.of(3, 0, 3) });
    expect(relativeError(some, expected([3, 0, 3]))).toBeLessThan(1e-4);
    await task.release();
  },
);

test('of a diffusion model they are 2 / dims · JᵀJ v, averaged over time steps', async () => {
  const dims = 3;
  const task = await taskOf({
    data: { use: 'synthetic', train: 4, dims },
    model: { use: 'ddpm-mlp', hidden: [6], timeFeatures: 4 },
    queries: { heldout: 1, generated: 0 },
  });
  const checkpoint = checkpointOf(vectorOf(task.info.parameters).map((value) => 0.5 * value));
  const ctx = contextOf(task, [checkpoint]);
  const { parameters: p, train } = task.info;
  const vector = vectorOf(p);
  const timesteps = [20, 400];
  const expected = new Float64Array(p);
  for (const t of timesteps)
    for (let d = 0; d < dims; d++) {
      const { rows, along } = await alongOf(ctx, checkpoint, vector, entry(d), [t]);
      for (let i = 0; i < rows.length; i++)
        expected[i % p] += (2 * along[Math.floor(i / p)] * rows[i]) / (dims * train * timesteps.length);
    }
  const found = await ctx.curvatureProducts({ checkpoint, kind: 'gauss-newton', vectors: vector, timesteps });
  expect(relativeError(found, expected)).toBeLessThan(1e-4);
  await task.release();
});

test('with convolutions, normalisation and attention their slope along v is that of differences of what is predicted', async () => {
  const inputShape = [4, 2, 1];
  const spec = specOf({
    data: { use: 'fashion-mnist' },
    model: { use: 'ddpm-unet', channels: [2, 2], groups: 1, timeFeatures: 2, attention: [1] },
    queries: { heldout: 3, generated: 0 },
  });
  const task = await openTask(spec, imageData(inputShape), onnxEngine);
  const start = vectorOf(task.info.parameters).map((value) => 0.5 * value);
  const vector = vectorOf(start.length).reverse();
  const timesteps = [400];
  const [h, dims] = [1e-3, 8];
  let expected = 0;
  for (let d = 0; d < dims; d++) {
    const moved = async (by: number) => {
      const checkpoint = checkpointOf(start.map((value, i) => value + by * vector[i]));
      return contextOf(task, [checkpoint]).outputs({ of: 'train', checkpoint, output: entry(d), timesteps });
    };
    const [above, below] = [await moved(h), await moved(-h)];
    for (const [row, value] of above.entries())
      expected += (2 * ((value - below[row]) / (2 * h)) ** 2) / (dims * above.length);
  }
  const checkpoint = checkpointOf(start);
  const request = { checkpoint, kind: 'gauss-newton', vectors: vector, timesteps } as const;
  const found = await contextOf(task, [checkpoint]).curvatureProducts(request);
  const slope = found.reduce((sum, value, i) => sum + value * vector[i], 0);
  expect(Math.abs(slope / expected - 1)).toBeLessThan(5e-3);
  await task.release();
});

test('points that are not there are refused', async () => {
  const task = await taskOf({ data: { use: 'synthetic', train: 12, queries: 3, dims: 4 }, model: { use: 'logistic' } });
  const checkpoint = checkpointOf(new Float32Array(task.info.parameters));
  const vectors = new Float32Array(task.info.parameters);
  for (const points of [Int32Array.of(12), Int32Array.of(-1), new Int32Array(0)])
    await expect(
      contextOf(task, [checkpoint]).curvatureProducts({ checkpoint, vectors, points }),
    ).rejects.toMatchObject({ code: 'CURVATURE_POINTS' });
  await task.release();
});

import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Task } from '../src/index.js';
import { readFloats } from './support/npy.js';
import { referenceTask } from './support/reference-task.js';
import { allRows, checkpointOf, contextOf, relativeError } from './support/tasks.js';

let task: Task;
let parameters: Float32Array;
let ours: (rows: ArrayLike<number>) => Float32Array;
const p = 2410;

beforeAll(async () => {
  ({ task, parameters, ours } = await referenceTask('trak-mlp'));
});
afterAll(() => task.release());

test('margins agree with the published code', async () => {
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const train = await ctx.outputs({ of: 'train', checkpoint, output: 'target' });
  const [queries] = await task.queryTargets([parameters]);
  const expected = readFloats('trak-mlp/margins_train_ckpt0');
  for (const [i, margin] of train.entries()) expect(Math.abs(margin - expected[i])).toBeLessThan(1e-5);
  const expectedQueries = readFloats('trak-mlp/margins_test_ckpt0');
  for (const [i, margin] of queries.entries()) expect(Math.abs(margin - expectedQueries[i])).toBeLessThan(1e-5);
});

test("the output-to-loss factor, as a method's own output function, agrees with the published code", async () => {
  const checkpoint = checkpointOf(parameters);
  const found = await contextOf(task, [checkpoint]).outputs({
    of: 'train',
    checkpoint,
    output: (logits, labels) => tf.sub(1, tf.sum(tf.mul(tf.softmax(logits as tf.Tensor2D), labels), 1)),
  });
  const expected = readFloats('trak-mlp/out_to_loss_ckpt0');
  for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(2e-6);
});

test('per-sample margin gradients agree with the published code', async () => {
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const train = await allRows(ctx.gradients({ of: 'train', checkpoint, output: 'target' }));
  const queries = await allRows(ctx.gradients({ of: 'queries', checkpoint, output: 'target' }));
  expect(train.data.length).toBe(300 * p);
  const expected = ours(readFloats('trak-mlp/grads_margin_train_rows0_39_ckpt0'));
  expect(relativeError(train.data.slice(0, 40 * p), expected)).toBeLessThan(1e-5);
  const expectedQueries = ours(readFloats('trak-mlp/grads_margin_test_rows0_19_ckpt0'));
  expect(relativeError(queries.data.slice(0, 20 * p), expectedQueries)).toBeLessThan(1e-5);
});

test('gradients times the published projection matrix give the published projected gradients', async () => {
  const checkpoint = checkpointOf(parameters);
  const { data } = await allRows(
    contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output: 'target' }),
  );
  const columns = 24;
  const torchRows = readFloats('trak-mlp/projection_ckpt0');
  const projected = new Float64Array(300 * columns);
  for (let c = 0; c < columns; c++) {
    const column = ours(Float32Array.from({ length: p }, (_, i) => torchRows[i * columns + c]));
    for (let row = 0; row < 300; row++) {
      let sum = 0;
      for (let i = 0; i < p; i++) sum += data[row * p + i] * column[i];
      projected[row * columns + c] = sum / Math.sqrt(p);
    }
  }
  expect(relativeError(projected, readFloats('trak-mlp/projected_grads_train_ckpt0'))).toBeLessThan(1e-5);
});

import { Rng } from '@attribution-bench/contract';
import { lanczos } from '@attribution-bench/numerics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Task } from '../src/index.js';
import { readFloats, readNpy } from './support/npy.js';
import { referenceTask } from './support/reference-task.js';
import { allRows, checkpointOf, contextOf, relativeError } from './support/tasks.js';

let task: Task;
let parameters: Float32Array;
let ours: (rows: ArrayLike<number>) => Float32Array;
const p = 2410;

beforeAll(async () => {
  ({ task, parameters, ours } = await referenceTask('influence-mlp', 'neg-loss'));
});
afterAll(() => task.release());

test('per-sample loss gradients agree with the published code', async () => {
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const train = await allRows(ctx.gradients({ of: 'train', checkpoint, output: 'loss' }));
  const queries = await allRows(ctx.gradients({ of: 'queries', checkpoint, output: 'loss' }));
  const expected = ours(readFloats('influence-mlp/loss_grads_train_rows0_19'));
  expect(relativeError(train.data.slice(0, 20 * p), expected)).toBeLessThan(1e-5);
  const expectedQueries = ours(readFloats('influence-mlp/loss_grads_test_rows0_9'));
  expect(relativeError(queries.data.slice(0, 10 * p), expectedQueries)).toBeLessThan(1e-5);
});

test('the target neg-loss is the loss negated, gradients included', async () => {
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const losses = await ctx.outputs({ of: 'queries', checkpoint, output: 'loss' });
  const [targets] = await task.queryTargets([parameters]);
  expect(
    relativeError(
      targets.map((value) => -value),
      losses,
    ),
  ).toBeLessThan(1e-6);
  const loss = await allRows(ctx.gradients({ of: 'queries', checkpoint, output: 'loss' }));
  const target = await allRows(ctx.gradients({ of: 'queries', checkpoint, output: 'target' }));
  expect(
    relativeError(
      target.data.map((value) => -value),
      loss.data,
    ),
  ).toBeLessThan(1e-6);
});

test('Hessian products have the eigenvalues of the Hessian that the published code computed', async () => {
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const rng = new Rng([1, 2, 3, 4]);
  const { values: eigenvalues } = await lanczos(
    async (vector) =>
      Float64Array.from(await ctx.curvatureProducts({ checkpoint, vectors: Float32Array.from(vector) })),
    { n: p, steps: 90, start: Float64Array.from({ length: p }, () => rng.normal()) },
  );
  const top = readNpy('influence-mlp/hessian_eigvals_top20').data;
  const bottom = readNpy('influence-mlp/hessian_eigvals_bottom5').data;
  const sorted = [...top].sort((a, b) => b - a);
  for (let i = 0; i < 10; i++) expect(eigenvalues[i]).toBeCloseTo(sorted[i], 4);
  expect(eigenvalues[eigenvalues.length - 1]).toBeCloseTo(Math.min(...bottom), 3);
});

test('Hessian products of many vectors are those of each one, and the Hessian is symmetric', async () => {
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const rng = new Rng([5, 6, 7, 8]);
  const vectors = Float32Array.from({ length: 18 * p }, () => rng.normal());
  const products = await ctx.curvatureProducts({ checkpoint, vectors });
  const last = await ctx.curvatureProducts({ checkpoint, vectors: vectors.slice(17 * p) });
  expect(products.slice(17 * p)).toEqual(last);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const row = (matrix: Float32Array, i: number) => matrix.subarray(i * p, (i + 1) * p);
  expect(dot(row(vectors, 0), row(products, 1))).toBeCloseTo(dot(row(vectors, 1), row(products, 0)), 2);
});

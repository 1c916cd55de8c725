import { describeMethod, fixtureTask, runMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import featureCosine from '../src/feature-cosine.js';

describeMethod(featureCosine);

/** Two models whose only hidden layer is relu(x₀), relu(x₁) and relu(x₁), relu(x₀ + 1); the last layer does not matter. */
const head = [1, 2, 3, 4, 5, 6];
const setting = fixtureTask({
  inputs: { shape: [3, 2], data: Float32Array.of(3, 4, 0, -1, -4, 3) },
  labels: { shape: [3], data: Int32Array.of(0, 1, 0) },
  queryInputs: { shape: [2, 2], data: Float32Array.of(6, 8, 1, 0) },
  queryLabels: { shape: [2], data: Int32Array.of(0, 1) },
  classes: 2,
  model: { use: 'mlp', hidden: [2] },
  checkpoints: [Float32Array.of(1, 0, 0, 1, 0, 0, ...head), Float32Array.of(0, 1, 1, 0, 0, 1, ...head)],
});

const first = [1, 0, 0.8, 0.6, 0, 0];
const second = (a: readonly number[], b: readonly number[]) =>
  (a[0] * b[0] + a[1] * b[1]) / Math.hypot(...a) / Math.hypot(...b);
const points = [
  [4, 4],
  [0, 1],
  [3, 0],
];
const queries = [
  [8, 7],
  [0, 2],
];

test('cosine of the last hidden layer, 0 where nothing in it is active, averaged over models', async () => {
  const one = await runMethod(featureCosine, await setting);
  for (const [i, score] of one.scores.entries()) expect(score).toBeCloseTo(first[i], 5);
  const both = await runMethod(featureCosine, await setting, { params: { checkpoints: 2 } });
  const other = queries.flatMap((query) => points.map((point) => second(query, point)));
  for (const [i, score] of both.scores.entries()) expect(score).toBeCloseTo((first[i] + other[i]) / 2, 5);
});

test('inner products', async () => {
  const { scores } = await runMethod(featureCosine, await setting, { params: { measure: 'dot' } });
  expect([...scores]).toEqual([50, 0, 24, 3, 0, 0]);
});

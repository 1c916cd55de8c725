import { Rng } from '@attribution-bench/contract';
import { pearson, withMinusWithout } from '@attribution-bench/numerics';
import { describeMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/amortised.js';
import { featuresByLabel } from '../src/features-by-label.js';
import { smoothed } from '../src/smoothed.js';

const drawnByPlace = 'subsets are drawn by the places of points';
describeMethod(method, {
  params: { retrainings: 64 },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
});

const silent = () => {};
const rng = new Rng([7, 1, 2, 3]);
const normals = (count: number) => Float32Array.from({ length: count }, () => rng.normal());

test('returns the estimates where every point has a feature of its own and nothing is shrunk', async () => {
  const [points, queries] = [12, 3];
  const data = new Float64Array(points * points);
  for (let i = 0; i < points; i++) data[i * points + i] = 1;
  const noisy = normals(queries * points);
  const found = await smoothed({ data, points, columns: points }, noisy, 1e-9, silent);
  for (const [at, value] of found.entries()) expect(Math.abs(value - noisy[at])).toBeLessThan(1e-6);
});

test.each([
  ['fewer points than columns', 8, 11],
  ['more points than columns', 30, 4],
])('solves the normal equations: %s', async (_, points, columns) => {
  const data = Float64Array.from(normals(points * columns));
  const noisy = normals(points);
  const ridge = 0.7;
  const found = await smoothed({ data, points, columns }, noisy, ridge, silent);
  // With residuals r = y - fitted, fitted - mean = Φ Φᵀ r / λ.
  const lambda = (ridge * data.reduce((sum, value) => sum + value * value, 0)) / Math.min(points, columns);
  const mean = noisy.reduce((sum, value) => sum + value, 0) / points;
  const weights = Float64Array.from({ length: columns }, (_, c) =>
    noisy.reduce((sum, y, i) => sum + (data[i * columns + c] * (y - found[i])) / lambda, 0),
  );
  for (const [i, value] of found.entries()) {
    const fitted = weights.reduce((sum, w, c) => sum + w * data[i * columns + c], mean);
    expect(Math.abs(value - fitted)).toBeLessThan(1e-5);
  }
});

test('features once for all labels and once for each, labels beside them', () => {
  const { data, columns } = featuresByLabel(Float64Array.of(1, 5, 3, 5), 2, Int32Array.of(4, 2));
  const one = Math.SQRT1_2; // (1 - 2) / √2 standardised, its other column is constant
  expect(columns).toBe(5);
  const expected = [-one, 0, 0, -one, 1, one, one, 1, 0, 0];
  for (const [at, value] of data.entries()) expect(value).toBeCloseTo(expected[at], 12);
  expect(featuresByLabel(Float64Array.of(1, 3), 1, Int32Array.of(0, 0)).columns).toBe(1);
});

test('comes closer to values that features explain than the noisy estimates of few subsets do', async () => {
  const [points, dims, subsets] = [200, 3, 40];
  const features = normals(points * dims);
  const labels = Int32Array.from({ length: points }, (_, i) => i % 2);
  const values = Float64Array.from(labels, (label, i) => features[i * dims] * (label === 0 ? 1 : -1) + label);
  const members = Array.from({ length: subsets }, () =>
    rng
      .permutation(points)
      .slice(0, points / 2)
      .sort(),
  );
  const targets = Float64Array.from(members, (kept) => kept.reduce((sum, i) => sum + values[i], 0));
  const noisy = await withMinusWithout(members, targets, { train: points, queries: 1 }, silent);
  const scores = await smoothed(featuresByLabel(features, dims, labels), noisy, 0.1, silent);
  const [before, after] = [pearson(noisy, values) ?? 0, pearson(scores, values) ?? 0];
  expect(before).toBeLessThan(0.7);
  expect(after).toBeGreaterThan(0.9);
});

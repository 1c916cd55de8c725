import { betaShapleyWeights } from '@attribution-bench/numerics';
import { describeMethod, expectReference, readNpy } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/beta-shapley.js';

const drawnByPlace = 'subsets are drawn by the places of points';
const read = (name: string) => readNpy(new URL(`../../../test/fixtures/data-valuation/${name}.npy`, import.meta.url));
const n = 14;
const parameters = [
  [4, 1],
  [16, 1],
  [1, 4],
] as const;

describeMethod(method, {
  params: { retrainings: 160, positions: 4, alpha: 1 },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
  kinds: ['classifier'],
});

test('weights are those of OpenDataVal, and give the exact values from all subsets', () => {
  const utilities = read('semi_utility_all_subsets').data;
  const sums = new Float64Array(n * n);
  const counts = new Int32Array(n);
  for (let mask = 0; mask < 2 ** n; mask++) {
    let size = 0;
    for (let point = 0; point < n; point++) size += (mask >> point) & 1;
    for (let point = 0; point < n; point++)
      if (((mask >> point) & 1) === 0) {
        sums[point * n + size] += utilities[mask + 2 ** point] - utilities[mask];
        if (point === 0) counts[size]++;
      }
  }
  const exact = (weights: Float64Array) =>
    Float64Array.from({ length: n }, (_, point) =>
      weights.reduce((sum, weight, j) => sum + (weight * sums[point * n + j]) / counts[j], 0),
    );
  expectReference(exact(betaShapleyWeights(n, 1, 1)), read('oracle_exact_shapley').data, 1e-9);
  for (const [alpha, beta] of parameters) {
    const weights = betaShapleyWeights(n, alpha, beta);
    expectReference(weights, read(`beta_weights_${alpha}_${beta}_n14`).data, 1e-9);
    expectReference(exact(weights), read(`oracle_exact_beta_${alpha}_${beta}`).data, 1e-9);
  }
});

test('it asks for the models of Data Shapley', () => {
  expect(method.uses({ retrainings: 128, positions: 8, alpha: 4, beta: 1 }).subsets).toEqual({
    draw: 'permutations',
    count: 16,
    positions: 8,
  });
});

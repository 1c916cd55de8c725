import {
  type BaseContext,
  type MethodState,
  narrowContext,
  Rng,
  type SubsetOutcomes,
} from '@attribution-bench/contract';
import { centredKernel } from '@attribution-bench/numerics';
import { describeMethod, neverCancelled, paramsOf } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import datamodels from '../src/datamodels.js';
import { dualRidge } from '../src/dual-ridge.js';

const [subsets, train, queries] = [14, 9, 3];

/** Subsets of different sizes, and targets that are a linear function of what they keep, with noise. */
function example(noise: number) {
  const rng = new Rng([1, 2, 3, 4]);
  const members = Array.from({ length: subsets }, (_, subset) => rng.subset(train, 3 + (subset % 4)));
  const weights = Float64Array.from({ length: queries * train }, () => rng.normal());
  const targets = Float64Array.from({ length: subsets * queries }, (_, at) => {
    const [subset, query] = [Math.floor(at / queries), at % queries];
    const sum = members[subset].reduce((total, point) => total + weights[query * train + point], 0);
    return 5 + query + sum + noise * rng.normal();
  });
  return { members, targets, weights };
}

async function fitAndScore(outcomes: SubsetOutcomes, ridge: number) {
  const params = paramsOf(datamodels, { ridge });
  const base: BaseContext = {
    task: {
      id: 'made',
      kind: 'foreign',
      target: 'made up',
      train,
      queries,
      parameters: 0,
      layers: [],
      inputShape: [],
      classes: 0,
      diffusionSteps: 0,
      epochs: 0,
      batch: 0,
      optimizer: '',
    },
    rng: () => new Rng([0, 0, 0, 1]),
    seed: () => [0, 0, 0, 1],
    progress() {},
    signal: neverCancelled,
    log() {},
    note() {},
  };
  const ctx = narrowContext({ ...base, ...{ subsets: async () => outcomes } }, datamodels.needs);
  const state: MethodState = await datamodels.fit(ctx, params);
  return datamodels.score(ctx, params, state, {});
}

/** Weights, then the intercept, by the normal equations with an unpenalised intercept and Gaussian elimination. */
function normalEquations({ members, targets }: SubsetOutcomes, rows: readonly number[], query: number, ridge: number) {
  const size = train + 1;
  const features = rows.map((row) =>
    Array.from({ length: size }, (_, point) => (point === train || members[row].includes(point) ? 1 : 0)),
  );
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => {
      const product = features.reduce((sum, row) => sum + row[i] * row[j], 0);
      return i === j && i < train ? product + ridge : product;
    }),
    features.reduce((sum, row, at) => sum + row[i] * targets[rows[at] * queries + query], 0),
  ]);
  for (let k = 0; k < size; k++) {
    const pivot = system.slice(k).reduce((best, row) => (Math.abs(row[k]) > Math.abs(best[k]) ? row : best));
    system.splice(system.indexOf(pivot), 1);
    system.splice(k, 0, pivot);
    for (const row of system) {
      if (row === pivot) continue;
      const factor = row[k] / pivot[k];
      for (let j = k; j <= size; j++) row[j] -= factor * pivot[j];
    }
  }
  return system.map((row, k) => row[size] / row[k]);
}

const everySubset = Array.from({ length: subsets }, (_, i) => i);

const drawnByPlace = 'subsets are drawn by the places of points';

describeMethod(datamodels, {
  params: { retrainings: 64, regression: 'lasso' },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
  kinds: ['classifier'],
});

test('weights are those of the normal equations', async () => {
  const { members, targets } = example(0.5);
  const scores = await fitAndScore({ members, targets }, 0.7);
  const { coefficients } = await dualRidge(await centredKernel(members, train), targets, subsets, 0.7);
  for (let query = 0; query < queries; query++) {
    const expected = normalEquations({ members, targets }, everySubset, query, 0.7).slice(0, train);
    for (const [point, weight] of expected.entries()) {
      const dual = members.reduce(
        (sum, kept, subset) => sum + (kept.includes(point) ? coefficients[subset * queries + query] : 0),
        0,
      );
      expect(Math.abs(dual - weight)).toBeLessThan(1e-9);
      expect(scores[query * train + point]).toBe(Math.fround(scores[query * train + point]));
      expect(Math.abs(scores[query * train + point] - weight)).toBeLessThan(1e-6);
    }
  }
});

test('the ridge that is chosen has the smallest leave-one-out error by refitting without each subset', async () => {
  const { members, targets } = example(2);
  const kernel = await centredKernel(members, train);
  const chosen = await dualRidge(kernel, targets, subsets, 0);
  const looShare = (ridge: number): number => {
    let share = 0;
    for (let query = 0; query < queries; query++) {
      let [errors, without] = [0, 0];
      for (const left of everySubset) {
        const others = everySubset.filter((subset) => subset !== left);
        const model = normalEquations({ members, targets }, others, query, ridge);
        const predicted = members[left].reduce((sum, point) => sum + model[point], model[train]);
        const mean = others.reduce((sum, subset) => sum + targets[subset * queries + query], 0) / others.length;
        const actual = targets[left * queries + query];
        errors += (actual - predicted) ** 2;
        without += (actual - mean) ** 2;
      }
      share += errors / without / queries;
    }
    return share;
  };
  const trace = everySubset.reduce((sum, i) => sum + kernel[i * subsets + i], 0);
  const scale = trace / (subsets - 1);
  const tried = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000].map((multiple) => multiple * scale);
  const shares = tried.map(looShare);
  const best = shares.indexOf(Math.min(...shares));
  expect(Math.abs(chosen.ridge / tried[best] - 1)).toBeLessThan(1e-9);
  expect(Math.abs((chosen.looShare ?? 0) - shares[best])).toBeLessThan(1e-9);
});

test('a point that raises a target has a positive score, one that lowers it a negative one', async () => {
  const { members, targets, weights } = example(0);
  const scores = await fitAndScore({ members, targets }, 1e-6);
  for (const [at, weight] of weights.entries())
    if (Math.abs(weight) > 0.05) expect(Math.sign(scores[at])).toBe(Math.sign(weight));
});

test('a point that all subsets keep, or none, scores 0 or nearly, and constant targets give zeros', async () => {
  const { members, targets } = example(0.5);
  const everywhere = members.map((kept) =>
    Int32Array.from(new Set([0, ...kept].filter((point) => point !== 8))).sort(),
  );
  const scores = await fitAndScore({ members: everywhere, targets }, 1);
  for (let query = 0; query < queries; query++) {
    expect(Math.abs(scores[query * train])).toBeLessThan(1e-12);
    expect(scores[query * train + 8]).toBe(0);
  }
  const flat = await fitAndScore({ members, targets: new Float64Array(subsets * queries).fill(3) }, 0);
  expect(Math.max(...flat.map(Math.abs))).toBeLessThan(1e-12);
});

import { Rng } from '@attribution-bench/contract';
import { fitCentredMixture } from '@attribution-bench/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likelihoodScores } from '../src/likelihood-scores.js';

const normals = (seed: number, count: number) => {
  const rng = new Rng([seed, 1, 2, 3]);
  return Float64Array.from({ length: count }, () => rng.normal());
};
const inOrder = (count: number) => Int32Array.from({ length: count }, (_, i) => i);
const ignore = () => {};

const sizes = fc.record({
  seed: fc.nat(),
  train: fc.integer({ min: 2, max: 30 }),
  queries: fc.integer({ min: 1, max: 8 }),
  dims: fc.integer({ min: 1, max: 6 }),
});

describe('likelihoodScores', () => {
  it('has finite scores where queries are copies of training points, the copies first and the others by nearness', async () => {
    const [train, dims] = [30, 3];
    const points = normals(1, train * dims);
    points.copyWithin(29 * dims, 4 * dims, 5 * dims);
    const others = points.slice(4 * dims, 7 * dims);
    const scores = await likelihoodScores({ points, others, dims }, inOrder(train), ignore);
    expect(scores.every(Number.isFinite)).toBe(true);
    for (const [q, copy] of [4, 5, 6].entries()) {
      const distance = (i: number) =>
        Math.hypot(...[0, 1, 2].map((k) => points[i * dims + k] - points[copy * dims + k]));
      const order = [...inOrder(train)].sort((a, b) => distance(a) - distance(b) || a - b);
      const own = scores.subarray(q * train, (q + 1) * train);
      expect([...inOrder(train)].sort((a, b) => own[b] - own[a] || a - b)).toEqual(order);
    }
  });

  it('is the log density of each fitted Gaussian', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ seed, train, queries, dims }) => {
        const space = { points: normals(seed, train * dims), others: normals(seed + 1, queries * dims), dims };
        const scores = await likelihoodScores(space, inOrder(train), ignore);
        const { logVariances } = await fitCentredMixture(space.others, space.points, dims);
        for (let q = 0; q < queries; q++)
          for (let i = 0; i < train; i++) {
            let log = 0;
            const variance = Math.exp(logVariances[q]);
            for (let k = 0; k < dims; k++) {
              const difference = space.points[i * dims + k] - space.others[q * dims + k];
              log -= difference ** 2 / (2 * variance) + Math.log(2 * Math.PI * variance) / 2;
            }
            expect(Math.abs(scores[q * train + i] - log)).toBeLessThan(1e-6 * (1 + Math.abs(log)));
          }
      }),
      { numRuns: 40 },
    );
  });

  it('moves with the training points when they are reordered, and is the same for copies', async () => {
    const [train, dims] = [40, 3];
    const points = normals(1, train * dims);
    points.copyWithin(39 * dims, 0, dims);
    const others = normals(2, 5 * dims);
    const scores = await likelihoodScores({ points, others, dims }, inOrder(train), ignore);
    const order = new Rng([5, 5, 5, 5]).permutation(train);
    const moved = Float64Array.from({ length: train * dims }, (_, at) => {
      return points[order[Math.floor(at / dims)] * dims + (at % dims)];
    });
    const after = await likelihoodScores({ points: moved, others, dims }, inOrder(train), ignore);
    for (let q = 0; q < 5; q++) {
      expect(scores[q * train + 39]).toBe(scores[q * train]);
      for (let i = 0; i < train; i++) expect(after[q * train + i]).toBeCloseTo(scores[q * train + order[i]], 4);
    }
  });

  it('is finite for a query that is a training point, which gets by far the highest score', async () => {
    const points = normals(3, 30 * 4);
    const scores = await likelihoodScores({ points, others: points.slice(8, 12), dims: 4 }, inOrder(30), ignore);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores.indexOf(Math.max(...scores))).toBe(2);
  });

  it('orders points as their distance does: within a query the fit only scales', async () => {
    const space = { points: normals(4, 50 * 2), others: normals(5, 3 * 2), dims: 2 };
    const scores = await likelihoodScores(space, inOrder(50), ignore);
    for (let q = 0; q < 3; q++) {
      const distance = (i: number) =>
        Math.hypot(space.points[2 * i] - space.others[2 * q], space.points[2 * i + 1] - space.others[2 * q + 1]);
      const byScore = [...inOrder(50)].sort((a, b) => scores[q * 50 + b] - scores[q * 50 + a]);
      const byDistance = [...inOrder(50)].sort((a, b) => distance(a) - distance(b));
      expect(byScore).toEqual(byDistance);
    }
  });

  it('can be stopped, and says how far it is', async () => {
    const space = { points: normals(6, 20), others: normals(7, 4), dims: 2 };
    const seen: number[] = [];
    await likelihoodScores(space, inOrder(10), (done) => seen.push(done));
    expect(seen.at(-1)).toBe(1);
    const stop = () => {
      throw new Error('cancelled');
    };
    await expect(likelihoodScores(space, inOrder(10), stop)).rejects.toThrow('cancelled');
  });
});

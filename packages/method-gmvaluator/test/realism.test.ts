import { Rng } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { realism } from '../src/realism.js';

const dims = 3;
const normals = (seed: number, count: number, shift = 0) => {
  const rng = new Rng([seed, 1, 2, 3]);
  return Float64Array.from({ length: count * dims }, () => rng.normal() + shift);
};
const distance = (a: Float64Array, i: number, b: Float64Array, j: number) =>
  Math.hypot(...Array.from({ length: dims }, (_, k) => a[i * dims + k] - b[j * dims + k]));

describe('realism', () => {
  it('is the largest ratio over the closer half of the training points, as comparing every pair finds it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 4, max: 20 }), async (seed, count) => {
        const points = normals(seed, count);
        const others = normals(seed + 1, 5, 1.5);
        const radii = Array.from(
          { length: count },
          (_, i) =>
            Array.from({ length: count }, (_, j) => (j === i ? Infinity : distance(points, i, points, j))).sort(
              (a, b) => a - b,
            )[2],
        );
        const median = [...radii].sort((a, b) => a - b)[Math.floor((count - 1) / 2)];
        const scores = await realism({ points, others, dims }, () => {});
        for (const [query, score] of scores.entries()) {
          const ratios = radii.map((radius, i) => (radius <= median ? radius / distance(points, i, others, query) : 0));
          expect(score).toBeCloseTo(Math.min(1, Math.max(...ratios)), 9);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is 1 for copies, even of points that are all alike, and small far off', async () => {
    const points = normals(1, 30);
    expect((await realism({ points, others: points.slice(0, dims), dims }, () => {}))[0]).toBe(1);
    expect((await realism({ points: new Float64Array(18), others: new Float64Array(dims), dims }, () => {}))[0]).toBe(
      1,
    );
    expect((await realism({ points, others: normals(2, 1, 100), dims }, () => {}))[0]).toBeLessThan(0.05);
  });

  it('is 1 where there are too few training points to tell', async () => {
    expect([...(await realism({ points: normals(1, 3), others: normals(2, 2, 9), dims }, () => {}))]).toEqual([1, 1]);
  });
});

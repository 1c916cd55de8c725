import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { cosineDistance } from '../src/distances/cosine-distance.js';
import { type NearestRequest, nearestNeighbours } from '../src/distances/nearest.js';
import { releaseMatmul } from '../src/matrices/matmul.js';
import { normals } from './support/matrices.js';

afterAll(releaseMatmul);

function distanceByDefinition(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  distance: NearestRequest['distance'],
): number {
  let [squared, dot, aa, bb] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    squared += (a[i] - b[i]) ** 2;
    dot += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return distance === 'squared-euclidean' ? squared : aa * bb === 0 ? 1 : 1 - dot / Math.sqrt(aa * bb);
}

describe('nearestNeighbours', () => {
  it('finds what comparing all pairs finds', async () => {
    const cases = fc.record({
      seed: fc.nat(),
      dims: fc.integer({ min: 1, max: 6 }),
      queryCount: fc.integer({ min: 1, max: 6 }),
      pointCount: fc.integer({ min: 1, max: 12 }),
      distance: fc.constantFrom<NearestRequest['distance']>('squared-euclidean', 'cosine'),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, dims, queryCount, pointCount, distance }) => {
        const queries = normals(seed, queryCount * dims);
        const points = normals(seed + 1, pointCount * dims);
        const k = Math.max(1, pointCount >> 1);
        const { indices, distances } = await nearestNeighbours({ queries, points, dims, k, distance });
        for (let q = 0; q < queryCount; q++) {
          const all = Array.from({ length: pointCount }, (_, p) =>
            distanceByDefinition(
              queries.subarray(q * dims, (q + 1) * dims),
              points.subarray(p * dims, (p + 1) * dims),
              distance,
            ),
          );
          const nearest = [...all].sort((a, b) => a - b);
          for (let j = 0; j < k; j++) {
            expect(distances[q * k + j]).toBeCloseTo(nearest[j], 10);
            expect(all[indices[q * k + j]]).toBeCloseTo(nearest[j], 10);
          }
          expect(new Set(indices.subarray(q * k, (q + 1) * k)).size).toBe(k);
        }
      }),
    );
  });

  it('goes on over blocks of queries and of points', async () => {
    const points = Float32Array.from({ length: 5000 }, (_, i) => i);
    const queries = Float32Array.from({ length: 600 }, (_, i) => 4999 - 8 * i);
    const { indices } = await nearestNeighbours({ queries, points, dims: 1, k: 1, distance: 'squared-euclidean' });
    expect([...indices]).toEqual([...queries]);
  });

  it('puts copies at exactly 0, the lower index first', async () => {
    const points = Float64Array.of(3, 4, 1e6, 1e6, 3, 4, 3, 4.000001);
    const queries = points.subarray(0, 2);
    const { indices, distances } = await nearestNeighbours({
      queries,
      points,
      dims: 2,
      k: 3,
      distance: 'squared-euclidean',
    });
    expect([...indices]).toEqual([0, 2, 3]);
    expect([...distances.subarray(0, 2)]).toEqual([0, 0]);
    expect(distances[2] / 1e-12).toBeCloseTo(1, 6);
  });

  it('takes a zero vector as at right angles to all, and no length as too long', async () => {
    const { distances } = await nearestNeighbours({
      queries: Float64Array.of(0, 0, 1e200, 0),
      points: Float64Array.of(1e-200, 0, 0, 0),
      dims: 2,
      k: 2,
      distance: 'cosine',
    });
    expect([...distances]).toEqual([1, 1, 0, 1]);
  });

  it('refuses more neighbours than points, and NaN', async () => {
    const request = { queries: new Float64Array(2), points: new Float64Array(4), dims: 2, distance: 'cosine' } as const;
    await expect(nearestNeighbours({ ...request, k: 3 })).rejects.toThrow('3 neighbours were asked for, there are 2');
    await expect(nearestNeighbours({ ...request, points: Float64Array.of(1, NaN), k: 1 })).rejects.toMatchObject({
      code: 'NUMERICS_NOT_FINITE',
    });
  });
});

it('cosine distances keep their digits for vectors that point almost the same way', async () => {
  const a = Float64Array.of(3, 4, 0);
  const rows = Float64Array.of(6, 8, 1e-7, 6, 8, 1e-5, -3, -4, 0, 0, 0, 0);
  const expected = [1e-8 ** 2 / 2, 1e-6 ** 2 / 2, 2, 1];
  const request = { queries: a, points: rows, dims: 3, k: 4, distance: 'cosine' } as const;
  const { indices, distances } = await nearestNeighbours(request);
  for (const [at, point] of indices.entries()) expect(Math.abs(distances[at] / expected[point] - 1)).toBeLessThan(1e-6);
  for (const [point, value] of expected.entries())
    expect(Math.abs(cosineDistance(a, rows.subarray(3 * point, 3 * point + 3)) / value - 1)).toBeLessThan(1e-6);
});

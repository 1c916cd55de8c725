import { Rng } from '@attribution-bench/contract';
import { expect, it } from 'vitest';
import { pointsByDistance } from '../src/distances/points-by-distance.js';

const dims = 3;

function distanceOf(a: Float64Array, b: Float64Array, distance: 'squared-euclidean' | 'cosine'): number {
  if (distance === 'squared-euclidean') return a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0);
  const product = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, k) => sum + value * y[k], 0);
  return 1 - product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

it.each(['squared-euclidean', 'cosine'] as const)(
  'sorts all points by %s distance, those that float32 does not tell apart too, and copies by index',
  async (distance) => {
    const rng = new Rng([4, 3, 2, 1]);
    const points = Float64Array.from({ length: 40 * dims }, () => rng.normal());
    for (let copy = 30; copy < 35; copy++) points.set(points.subarray(6, 9), copy * dims);
    for (let near = 35; near < 40; near++)
      points.set([...points.subarray(6, 8), points[8] + (37 - near) * 3e-9], near * dims);
    const queries = Float64Array.from({ length: 5 * dims }, () => rng.normal());
    const row = (data: Float64Array, i: number) => data.subarray(i * dims, (i + 1) * dims);
    let query = 0;
    for await (const order of pointsByDistance({ queries, points, dims, distance })) {
      const exact = Array.from({ length: 40 }, (_, i) => distanceOf(row(queries, query), row(points, i), distance));
      expect([...order].sort((a, b) => a - b)).toEqual([...exact.keys()]);
      for (let place = 1; place < 40; place++)
        expect(exact[order[place]]).toBeGreaterThan(exact[order[place - 1]] - 1e-12);
      const copies = [...order].filter((point) => point === 2 || (point >= 30 && point < 35));
      expect(copies).toEqual([2, 30, 31, 32, 33, 34]);
      query++;
    }
    expect(query).toBe(5);
  },
);

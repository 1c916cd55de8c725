import { Rng } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { squaredDistanceBlocks, squaredDistances } from '../src/distances/squared-distances.js';

const normals = (seed: number, size: number, centre: number): Float64Array => {
  const rng = new Rng([seed, 1, 2, 3]);
  return Float64Array.from({ length: size }, () => centre + rng.normal());
};

function direct(a: Float64Array, i: number, b: Float64Array, j: number, dims: number): number {
  let sum = 0;
  for (let k = 0; k < dims; k++) sum += (a[i * dims + k] - b[j * dims + k]) ** 2;
  return sum;
}

describe('squaredDistances', () => {
  it('has 12 digits, whether points are near or far from the origin, and is 0 for copies', async () => {
    const shapes = fc.record({
      seed: fc.nat(),
      points: fc.integer({ min: 1, max: 20 }),
      others: fc.integer({ min: 1, max: 20 }),
      dims: fc.integer({ min: 1, max: 12 }),
      centre: fc.constantFrom(0, 10, 1000),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ seed, points, others, dims, centre }) => {
        const a = normals(seed, points * dims, centre);
        const b = normals(seed + 1, others * dims, centre);
        b.set(a.subarray(0, dims));
        const distances = await squaredDistances(a, b, dims);
        expect(distances[0]).toBe(0);
        for (let i = 0; i < points; i++)
          for (let j = 0; j < others; j++) {
            const exact = direct(a, i, b, j, dims);
            expect(Math.abs(distances[i * others + j] - exact)).toBeLessThanOrEqual(1e-12 * exact);
          }
      }),
      { numRuns: 60 },
    );
  });

  it('comes in blocks with the same values', async () => {
    const a = normals(1, 5 * 3, 0);
    const b = normals(2, 1_500_000 * 3, 0);
    let rows = 0;
    for await (const block of squaredDistanceBlocks(a, b, 3)) {
      expect(block.start).toBe(rows);
      rows += block.rows;
      expect(block.data.length).toBe(block.rows * 1_500_000);
      expect(block.data[1_499_999]).toBeCloseTo(direct(a, block.start, b, 1_499_999, 3), 10);
    }
    expect(rows).toBe(5);
  });

  it('refuses sets that do not fit the dimension', async () => {
    await expect(squaredDistances(new Float64Array(5), new Float64Array(4), 2)).rejects.toThrow('has 5 elements');
  });
});

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { principalComponents } from '../src/components/principal-components.js';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { distanceOf, normals, productByDefinition } from './support/matrices.js';

afterAll(releaseMatmul);

/** Points with standard deviations 5, 2 and 0.5 along three random orthonormal directions, around (10, 20, ...). */
function points(rows: number, columns: number, directions: Float64Array): Float64Array {
  const coordinates = normals(2, rows * 3).map((value, at) => value * [5, 2, 0.5][at % 3]);
  return productByDefinition(coordinates, directions, { m: rows, k: 3, n: columns }).map(
    (value, at) => value + 10 * ((at % columns) + 1),
  );
}

describe('principalComponents', () => {
  it('gives orthonormal directions, the variance along each, and their share of the whole', async () => {
    const shapes = fc.record({
      seed: fc.nat(),
      rows: fc.integer({ min: 2, max: 30 }),
      columns: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ seed, rows, columns }) => {
        const x = normals(seed, rows * columns);
        const pca = await principalComponents(x, { rows, columns }, columns);
        const kept = pca.variances.length;
        expect(kept).toBe(Math.min(columns, rows - 1));
        const gram = await matmul(pca.directions, pca.directions, { m: kept, k: columns, n: kept, transposeB: true });
        const identity = gram.map((_, at) => (at % (kept + 1) === 0 ? 1 : 0));
        expect(distanceOf(gram, identity)).toBeLessThan(1e-6);
        const coordinates = await pca.project(x);
        for (let c = 0; c < kept; c++) {
          const own = coordinates.filter((_, at) => at % kept === c);
          expect(own.reduce((sum, value) => sum + value, 0) / rows).toBeCloseTo(0, 9);
          expect(own.reduce((sum, value) => sum + value ** 2, 0) / (rows - 1)).toBeCloseTo(pca.variances[c], 6);
        }
        const total = x.reduce((sum, value, at) => sum + (value - pca.mean[at % columns]) ** 2, 0) / (rows - 1);
        expect(pca.totalVariance).toBeCloseTo(total, 8);
      }),
      { numRuns: 40 },
    );
  });

  it('is the same from few rows in many dimensions as from the covariance, with the same signs', async () => {
    const columns = 60;
    const x = points(50, columns, orthonormal(columns));
    const few = await principalComponents(x, { rows: 50, columns }, 3);
    const twice = new Float64Array(2 * x.length);
    twice.set(x);
    twice.set(x, x.length);
    const many = await principalComponents(twice, { rows: 100, columns }, 3);
    expect(distanceOf(few.directions, many.directions)).toBeLessThan(1e-9);
    for (let c = 0; c < 3; c++) {
      const row = [...few.directions.subarray(c * columns, (c + 1) * columns)];
      expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs)));
    }
  });

  it('comes back with no more directions than the points span', async () => {
    const columns = 20;
    const x = points(40, columns, orthonormal(columns));
    const pca = await principalComponents(Float64Array.from(x), { rows: 40, columns }, 10);
    expect(pca.variances.length).toBe(3);
    const same = await principalComponents(new Float32Array(12).fill(7), { rows: 4, columns: 3 }, 2);
    expect(same.variances.length).toBe(0);
    expect((await same.project(new Float32Array(6))).length).toBe(0);
  });

  it('refuses a single point and NaN', async () => {
    await expect(principalComponents(new Float64Array(3), { rows: 1, columns: 3 }, 1)).rejects.toThrow(
      '1 points have no',
    );
    await expect(principalComponents(Float64Array.of(1, NaN), { rows: 2, columns: 1 }, 1)).rejects.toMatchObject({
      code: 'NUMERICS_NOT_FINITE',
    });
  });
});

/** Three orthonormal rows, by Gram-Schmidt. */
function orthonormal(columns: number): Float64Array {
  const rows = normals(9, 3 * columns);
  for (let r = 0; r < 3; r++) {
    const row = rows.subarray(r * columns, (r + 1) * columns);
    for (let e = 0; e < r; e++) {
      const earlier = rows.subarray(e * columns, (e + 1) * columns);
      const dot = row.reduce((sum, value, i) => sum + value * earlier[i], 0);
      for (let i = 0; i < columns; i++) row[i] -= dot * earlier[i];
    }
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < columns; i++) row[i] /= length;
  }
  return rows;
}

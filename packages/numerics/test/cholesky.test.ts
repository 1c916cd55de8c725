import { BenchError } from '@attribution-bench/contract';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { transpose } from '../src/matrices/transpose.js';
import { cholesky, invertSpd, solveSpd } from '../src/solvers/cholesky.js';
import { distanceOf, normals, productByDefinition, spdMatrix } from './support/matrices.js';

afterAll(releaseMatmul);

/** Hilbert's matrix and its inverse in whole numbers, known in closed form. */
function hilbert(n: number): { matrix: Float64Array; inverse: Float64Array } {
  const choose = (a: number, b: number): number => (b === 0 ? 1 : (choose(a - 1, b - 1) * a) / b);
  const matrix = new Float64Array(n * n);
  const inverse = new Float64Array(n * n);
  for (let i = 1; i <= n; i++) {
    for (let j = 1; j <= n; j++) {
      matrix[(i - 1) * n + j - 1] = 1 / (i + j - 1);
      inverse[(i - 1) * n + j - 1] =
        (-1) ** (i + j) *
        (i + j - 1) *
        choose(n + i - 1, n - j) *
        choose(n + j - 1, n - i) *
        choose(i + j - 2, i - 1) ** 2;
    }
  }
  return { matrix, inverse };
}

/** -1, 2, -1 on three diagonals: its determinant is n + 1 and (A⁻¹)ij = min(i, j)(n + 1 - max(i, j))/(n + 1), from 1. */
function secondDifferences(n: number): Float64Array {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  return a;
}

describe('cholesky', () => {
  it('solves to rounding for every size around the block width, with many right-hand sides', async () => {
    for (const n of [1, 2, 17, 127, 128, 129, 300]) {
      const a = spdMatrix(n, n, 1e4);
      const x = normals(n + 1, n * 5);
      const b = productByDefinition(a, x, { m: n, k: n, n: 5 });
      expect(distanceOf(await solveSpd(a, b, { n, columns: 5 }), x), `n = ${n}`).toBeLessThan(1e-9);
    }
  });

  it('has a small residual on an ill-conditioned matrix', async () => {
    const n = 260;
    const a = spdMatrix(3, n, 1e12);
    const b = normals(4, n);
    const x = await solveSpd(a, b, { n, columns: 1 });
    const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const residual = distanceOf(productByDefinition(a, x, { m: n, k: n, n: 1 }), b);
    expect(residual).toBeLessThan(50 * n * Number.EPSILON * 4 * n * largest);
  });

  it('agrees with the closed forms of two matrices', async () => {
    const { matrix, inverse } = hilbert(6);
    const computed = await invertSpd(matrix, 6);
    expect(distanceOf(computed, inverse) / 4410000).toBeLessThan(1e-9);

    const n = 200;
    const factor = await cholesky(secondDifferences(n), n);
    expect(factor.logDeterminant).toBeCloseTo(Math.log(n + 1), 10);
    const closed = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n) + 1, (at % n) + 1];
      return (Math.min(i, j) * (n + 1 - Math.max(i, j))) / (n + 1);
    });
    const own = await factor.inverse();
    expect(distanceOf(own, closed)).toBeLessThan(1e-9);
    expect(transpose(own, n, n)).toEqual(own);
    const diagonal = closed.filter((_, at) => Math.floor(at / n) === at % n);
    expect(distanceOf(await factor.inverseDiagonal(), diagonal)).toBeLessThan(1e-9);
  });

  it('splits a solve into its two triangular halves, and solves rows like columns', async () => {
    const n = 150;
    const a = spdMatrix(5, n, 1e3);
    const b = normals(6, n * 3);
    const factor = await cholesky(a, n);
    const whole = await factor.solve(b, 3);
    const halves = await factor.solveLowerTransposed(await factor.solveLower(b, 3), 3);
    expect(distanceOf(halves, whole)).toBeLessThan(1e-12);
    expect(distanceOf(transpose(await factor.solveRows(transpose(b, n, 3)), 3, n), whole)).toBeLessThan(1e-12);
    const whitened = await factor.solveLower(a, n);
    const squares = await matmul(whitened, whitened, { m: n, k: n, n, transposeA: true });
    expect(distanceOf(squares, a) / a[0]).toBeLessThan(1e-11);
  });

  it('reads the lower triangle only, adds the ridge, and leaves its input as it was', async () => {
    const n = 140;
    const a = spdMatrix(7, n, 10);
    const shifted = a.slice();
    for (let i = 0; i < n; i++) shifted[i * n + i] += 3;
    const lower = a.map((value, at) => (at % n > Math.floor(at / n) ? NaN : value));
    const before = lower.slice();
    const b = normals(8, n);
    const x = await solveSpd(lower, b, { n, columns: 1 }, { ridge: 3 });
    expect(distanceOf(x, await solveSpd(shifted, b, { n, columns: 1 }))).toBeLessThan(1e-13);
    expect(lower).toEqual(before);
  });

  it('names the pivot at which a matrix is not positive definite, and what to do', async () => {
    const n = 200;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: n - 1 }), async (pivot) => {
        const a = new Float64Array(n * n);
        for (let i = 0; i < n; i++) a[i * n + i] = i === pivot ? -1 : 1;
        const error = await cholesky(a, n, { name: 'Gram matrix' }).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(BenchError);
        expect(error).toMatchObject({
          code: 'NUMERICS_NOT_POSITIVE_DEFINITE',
          message: expect.stringMatching(new RegExp(`^Gram matrix .* pivot ${pivot} is -1`)),
          next: expect.stringContaining('raise the ridge'),
        });
      }),
      { numRuns: 10 },
    );
  });

  it('sees that a matrix is singular to working precision, which a ridge mends', async () => {
    const n = 150;
    const x = normals(9, n * 40);
    const a = productByDefinition(x, x, { m: n, k: 40, n }, false, true);
    await expect(cholesky(a, n)).rejects.toMatchObject({ code: 'NUMERICS_NOT_POSITIVE_DEFINITE' });
    await expect(cholesky(new Float64Array(4), 2)).rejects.toMatchObject({ code: 'NUMERICS_NOT_POSITIVE_DEFINITE' });
    expect((await cholesky(a, n, { ridge: 1e-3 })).n).toBe(n);
  });

  it('refuses NaN and infinity with their place, wrong sizes and wrong ridges', async () => {
    const a = spdMatrix(1, 130, 10);
    a[129 * 130 + 128] = NaN;
    await expect(cholesky(a, 130)).rejects.toMatchObject({
      code: 'NUMERICS_NOT_FINITE',
      message: expect.stringContaining('NaN at row 129, column 128'),
    });
    await expect(cholesky(new Float64Array(3), 2)).rejects.toMatchObject({ code: 'NUMERICS_SHAPE' });
    await expect(cholesky(Float64Array.of(1), 1, { ridge: -1 })).rejects.toMatchObject({ code: 'NUMERICS_RIDGE' });
    const factor = await cholesky(Float64Array.of(4), 1);
    await expect(factor.solve(new Float64Array(2), 1)).rejects.toMatchObject({ code: 'NUMERICS_SHAPE' });
  });
});

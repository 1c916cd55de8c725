import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { symmetricEigen, symmetricEigenvalues, tridiagonalEigen } from '../src/solvers/symmetric-eigen.js';
import { distanceOf, normals } from './support/matrices.js';

afterAll(releaseMatmul);

function symmetric(seed: number, n: number): Float64Array {
  const a = normals(seed, n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
  return a;
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => (Math.floor(at / n) === at % n ? 1 : 0));
}

async function expectDecomposition(a: Float64Array, n: number, scale: number): Promise<void> {
  const { values, vectors } = await symmetricEigen(a, n);
  const orthonormal = await matmul(vectors, vectors, { m: n, k: n, n, transposeB: true });
  expect(distanceOf(orthonormal, identity(n))).toBeLessThan(1e-12);
  const scaled = vectors.map((value, at) => value * values[Math.floor(at / n)]);
  const rebuilt = await matmul(vectors, scaled, { m: n, k: n, n, transposeA: true });
  expect(distanceOf(rebuilt, a)).toBeLessThan(1e-12 * scale);
  for (let i = 1; i < n; i++) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
  expect(distanceOf(symmetricEigenvalues(a, n), values)).toBeLessThan(1e-12 * scale);
}

describe('symmetricEigen', () => {
  it('takes any symmetric matrix apart into orthonormal vectors and ordered values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 30 }), async (seed, n) => {
        await expectDecomposition(symmetric(seed, n), n, 30);
      }),
      { numRuns: 40 },
    );
    for (const n of [63, 64, 65, 66, 200]) await expectDecomposition(symmetric(n, n), n, n);
  });

  it('finds the spectrum of second differences, 2 - 2cos(jπ/(n+1))', async () => {
    const n = 150;
    const a = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      a[i * n + i] = 2;
      if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
    }
    const expected = Float64Array.from({ length: n }, (_, j) => 2 - 2 * Math.cos(((n - j) * Math.PI) / (n + 1)));
    expect(distanceOf((await symmetricEigen(a, n)).values, expected)).toBeLessThan(1e-13);
  });

  it('handles equal values, zero and diagonal matrices, low rank, and entries near the ends of the range', async () => {
    await expectDecomposition(identity(20), 20, 1);
    await expectDecomposition(new Float64Array(100), 10, 1);
    await expectDecomposition(Float64Array.of(1, 0, 0, 0, -5, 0, 0, 0, 3), 3, 5);
    const direction = normals(1, 40);
    await expectDecomposition(
      Float64Array.from({ length: 1600 }, (_, at) => direction[Math.floor(at / 40)] * direction[at % 40]),
      40,
      40,
    );
    const tiny = (
      await symmetricEigen(
        symmetric(2, 12).map((value) => value * 1e-200),
        12,
      )
    ).values;
    const usual = (await symmetricEigen(symmetric(2, 12), 12)).values;
    expect(
      distanceOf(
        tiny.map((value) => value * 1e200),
        usual,
      ),
    ).toBeLessThan(1e-12);
  });

  it('makes the largest component of every vector positive', async () => {
    const { vectors } = await symmetricEigen(symmetric(3, 25), 25);
    for (let r = 0; r < 25; r++) {
      const row = [...vectors.subarray(r * 25, (r + 1) * 25)];
      expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs)));
    }
  });

  it('refuses NaN and wrong sizes', async () => {
    await expect(symmetricEigen(Float64Array.of(NaN), 1)).rejects.toMatchObject({ code: 'NUMERICS_NOT_FINITE' });
    await expect(symmetricEigen(new Float64Array(3), 2)).rejects.toMatchObject({ code: 'NUMERICS_SHAPE' });
  });
});

describe('tridiagonalEigen', () => {
  it('agrees with the dense decomposition', async () => {
    const [diagonal, off] = [normals(4, 9), normals(5, 8)];
    const dense = new Float64Array(81);
    for (let i = 0; i < 9; i++) {
      dense[i * 9 + i] = diagonal[i];
      if (i > 0) dense[i * 9 + i - 1] = dense[(i - 1) * 9 + i] = off[i - 1];
    }
    const own = await tridiagonalEigen(diagonal, off);
    const expected = await symmetricEigen(dense, 9);
    expect(distanceOf(own.values, expected.values)).toBeLessThan(1e-13);
    expect(distanceOf(own.vectors, expected.vectors)).toBeLessThan(1e-11);
  });
});

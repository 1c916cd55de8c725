import { afterAll, describe, expect, it } from 'vitest';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { lanczos } from '../src/solvers/lanczos.js';
import { symmetricEigen } from '../src/solvers/symmetric-eigen.js';
import { distanceOf, normals } from './support/matrices.js';

afterAll(releaseMatmul);

describe('lanczos', () => {
  const n = 120;
  const a = normals(1, n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j];
  const operator = (vector: Float64Array) => matmul(vector, a, { m: 1, k: n, n });

  it('finds both ends of a spectrum in fewer calls than the size, and bounds its errors', async () => {
    const exact = await symmetricEigen(a, n);
    const { values, vectors, residuals } = await lanczos(operator, { n, steps: 60, start: normals(2, n) });
    expect(values.length).toBe(60);
    expect(values[0]).toBeCloseTo(exact.values[0], 6);
    expect(values[59]).toBeCloseTo(exact.values[n - 1], 6);
    for (let pair = 0; pair < 60; pair++) {
      const nearest = Math.min(...exact.values.map((value) => Math.abs(value - values[pair])));
      expect(nearest).toBeLessThanOrEqual(residuals[pair] + 1e-10);
      const v = vectors.subarray(pair * n, (pair + 1) * n);
      const image = await operator(v);
      const off = Math.sqrt(image.reduce((sum, value, i) => sum + (value - values[pair] * v[i]) ** 2, 0));
      expect(off).toBeCloseTo(residuals[pair], 8);
    }
  });

  it('has the whole spectrum after as many steps as there are dimensions', async () => {
    const exact = await symmetricEigen(a, n);
    const { values } = await lanczos(operator, { n, steps: 1000, start: normals(2, n) });
    expect(distanceOf(values, exact.values)).toBeLessThan(1e-9);
  });

  it('ends when the Krylov space is exhausted', async () => {
    const twoValues = async (vector: Float64Array) => vector.map((value, i) => (i % 2 === 0 ? 3 : -1) * value);
    const { values, residuals } = await lanczos(twoValues, { n, steps: 50, start: normals(2, n) });
    expect(values.length).toBe(2);
    expect(distanceOf(values, [3, -1])).toBeLessThan(1e-12);
    expect(Math.max(...residuals)).toBeLessThan(1e-10);
  });

  it('refuses NaN from the operator', async () => {
    const broken = async (vector: Float64Array) => vector.fill(NaN);
    await expect(lanczos(broken, { n, steps: 5, start: normals(2, n) })).rejects.toMatchObject({
      code: 'NUMERICS_NOT_FINITE',
    });
  });
});

import { afterAll, describe, expect, it } from 'vitest';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { transpose } from '../src/matrices/transpose.js';
import { solveSpd } from '../src/solvers/cholesky.js';
import { conjugateGradient, type SymmetricOperator } from '../src/solvers/conjugate-gradient.js';
import { distanceOf, normals, spdMatrix } from './support/matrices.js';

afterAll(releaseMatmul);

const n = 40;
const operatorOf =
  (a: Float64Array): SymmetricOperator<Float64Array> =>
  (vectors) =>
    matmul(vectors, a, { m: vectors.length / n, k: n, n });

describe('conjugateGradient', () => {
  it('solves many right-hand sides with damping as a factorisation does', async () => {
    const a = spdMatrix(1, n, 100);
    const b = normals(2, 3 * n);
    const exact = await solveSpd(a, transpose(b, 3, n), { n, columns: 3 }, { ridge: 0.5 });
    const { solution, ends, residuals } = await conjugateGradient(operatorOf(a), b, {
      n,
      damping: 0.5,
      tolerance: 1e-12,
      maxIterations: 200,
    });
    expect(distanceOf(solution, transpose(exact, n, 3))).toBeLessThan(1e-9);
    expect(ends).toEqual(['converged', 'converged', 'converged']);
    for (const residual of residuals) expect(residual).toBeLessThanOrEqual(1e-12);
  });

  it('needs as many steps as the operator has different eigenvalues, and asks no more for rows that are done', async () => {
    const calls: number[] = [];
    const operator: SymmetricOperator<Float32Array> = async (vectors) => {
      calls.push(vectors.length / n);
      return vectors.map((value, at) => value * ((at % n) % 3 === 0 ? 1 : 5));
    };
    const b = new Float32Array(3 * n);
    b[0] = 1;
    b.fill(1, n, 2 * n);
    const { solution, iterations, ends } = await conjugateGradient(operator, b, { n });
    expect([...iterations]).toEqual([1, 2, 0]);
    expect(calls).toEqual([2, 1]);
    expect(ends).toEqual(['converged', 'converged', 'converged']);
    expect(solution).toBeInstanceOf(Float32Array);
    expect(solution[n + 1]).toBeCloseTo(0.2, 6);
    expect(solution.subarray(2 * n).every((value) => value === 0)).toBe(true);
  });

  it('says of each row whether it ran out of iterations or met negative curvature', async () => {
    const saddle: SymmetricOperator<Float64Array> = async (vectors) =>
      vectors.map((value, at) => value * (at % n === 7 ? -3 : 1 + (at % n)));
    const b = new Float64Array(2 * n).fill(1);
    b[7] = 0;
    b[n + 7] = 100;
    const seen: number[] = [];
    const { ends } = await conjugateGradient(saddle, b, {
      n,
      maxIterations: 3,
      onIteration: (_, open) => seen.push(open),
    });
    expect(ends).toEqual(['iterations', 'indefinite']);
    expect(seen).toEqual([1, 1, 1]);
    const damped = await conjugateGradient(saddle, b, { n, damping: 4 });
    expect(damped.ends).toEqual(['converged', 'converged']);
  });

  it('refuses NaN from the operator', async () => {
    const broken: SymmetricOperator<Float64Array> = async (vectors) => vectors.fill(NaN);
    await expect(conjugateGradient(broken, new Float64Array(n).fill(1), { n })).rejects.toMatchObject({
      code: 'NUMERICS_NOT_FINITE',
    });
  });
});

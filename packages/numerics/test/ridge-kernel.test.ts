import { Rng } from '@attribution-bench/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blocksOf, collectRows, invertSpd, kernelMatrix, matmul, ridgeKernel, transpose } from '../src/index.js';

const values = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed) * 2);

test('both forms give the scores and leverages of the dense formula', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('mean-eigenvalue', 'absolute'),
      async (points, columns, queries, unit) => {
        const phi = values(points * columns, 1);
        const query = values(queries * columns, 2);
        const phi64 = Float64Array.from(phi);
        const stream = () => blocksOf(phi, columns, 5);

        const gram = await matmul<Float64Array>(phi64, phi64, { m: columns, k: points, n: columns, transposeA: true });
        let trace = 0;
        for (let i = 0; i < columns; i++) trace += gram[i * columns + i];
        const lambda = unit === 'absolute' ? 0.3 : (0.3 * trace) / Math.min(points, columns);
        const inverse = await invertSpd(gram, columns, { ridge: lambda });
        const weights = await matmul<Float64Array>(inverse, transpose(phi64, points, columns), {
          m: columns,
          k: columns,
          n: points,
        });
        const expected = await matmul<Float64Array>(Float64Array.from(query), weights, {
          m: queries,
          k: columns,
          n: points,
        });

        for (const form of ['columns', 'points'] as const) {
          const shape = { points, columns, form };
          const kernel = await ridgeKernel(await kernelMatrix(stream(), shape), shape, {
            ridge: 0.3,
            unit,
            name: 'kernel',
          });
          expect(kernel.lambda).toBeCloseTo(lambda, 10);
          const into = new Float32Array(queries * points).fill(1);
          const rows = await collectRows(blocksOf(query, columns, 2), queries);
          await kernel.addScores({ queries: rows, phi: stream, into, scale: 2 });
          for (const [i, value] of into.entries()) expect(value).toBeCloseTo(1 + 2 * expected[i], 4);
          const leverages = await kernel.leverages(stream());
          for (let i = 0; i < points; i++) {
            let leverage = 0;
            for (let c = 0; c < columns; c++) leverage += phi[i * columns + c] * weights[c * points + i];
            expect(leverages[i]).toBeCloseTo(leverage, 8);
          }
          const meanAbs = inverse.reduce((sum, value) => sum + Math.abs(value), 0) / inverse.length;
          expect(await kernel.meanAbsInverse(stream())).toBeCloseTo(meanAbs, 8);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test.each([
  [1e-7, 24, 40],
  [1e-9, 24, 40],
  [1e-7, 40, 24],
  [1e-9, 40, 24],
])(
  'with a ridge of %d, %i points and %i columns, both forms have the digits of float64',
  async (ridge, points, columns) => {
    const rng = new Rng([1, 2, 3, 4]);
    const phi = Float32Array.from({ length: points * columns }, () => rng.normal());
    const query = Float32Array.from({ length: 6 * columns }, () => rng.normal());
    const stream = () => blocksOf(phi, columns, 7);
    const gram = Array.from({ length: columns }, (_, i) =>
      Array.from({ length: columns }, (_, j) => {
        let sum = 0;
        for (let r = 0; r < points; r++) sum += phi[r * columns + i] * phi[r * columns + j];
        return sum;
      }),
    );
    const lambda = (ridge * gram.reduce((sum, row, i) => sum + row[i], 0)) / Math.min(points, columns);
    const expected = Array.from({ length: 6 }, (_, q) => {
      const solved = solve(
        gram.map((row, i) => row.map((value, j) => (i === j ? value + lambda : value))),
        [...query.subarray(q * columns, (q + 1) * columns)],
      );
      return Array.from({ length: points }, (_, r) =>
        solved.reduce((sum, value, i) => sum + value * phi[r * columns + i], 0),
      );
    }).flat();
    const largest = Math.max(...expected.map(Math.abs));
    for (const form of ['columns', 'points'] as const) {
      const shape = { points, columns, form };
      const options = { ridge, unit: 'mean-eigenvalue', name: 'kernel' } as const;
      const kernel = await ridgeKernel(await kernelMatrix(stream(), shape), shape, options);
      const into = new Float32Array(expected.length);
      const queries = await collectRows(blocksOf(query, columns, 6), 6);
      await kernel.addScores({ queries, phi: stream, into, scale: 1 });
      for (const [i, value] of into.entries()) expect(Math.abs(value - expected[i]) / largest, form).toBeLessThan(3e-7);
    }
  },
);

/** Gauss elimination with pivots. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i][k] / rows[k][k];
      rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  const solution = new Array<number>(rows.length).fill(0);
  for (let i = rows.length - 1; i >= 0; i--) {
    const known = solution.reduce((sum, value, j) => sum + value * rows[i][j], 0);
    solution[i] = (rows[i][rows.length] - known) / rows[i][i];
  }
  return solution;
}

test('a kernel without full rank needs a ridge', async () => {
  const shape = { points: 2, columns: 3, form: 'columns' } as const;
  const matrix = await kernelMatrix(blocksOf(values(6, 0), 3, 2), shape);
  await expect(ridgeKernel(matrix, shape, { ridge: 0, unit: 'absolute', name: 'kernel' })).rejects.toThrow(
    'not positive definite',
  );
});

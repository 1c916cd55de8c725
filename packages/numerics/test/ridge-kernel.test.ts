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

test('a kernel without full rank needs a ridge', async () => {
  const shape = { points: 2, columns: 3, form: 'columns' } as const;
  const matrix = await kernelMatrix(blocksOf(values(6, 0), 3, 2), shape);
  await expect(ridgeKernel(matrix, shape, { ridge: 0, unit: 'absolute', name: 'kernel' })).rejects.toThrow(
    'not positive definite',
  );
});

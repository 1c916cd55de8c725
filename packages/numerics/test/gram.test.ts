import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createGram } from '../src/matrices/gram.js';
import { matmul, releaseMatmul } from '../src/matrices/matmul.js';
import { transpose } from '../src/matrices/transpose.js';
import { distanceOf, normals } from './support/matrices.js';

afterAll(releaseMatmul);

describe('createGram', () => {
  const columns = 700;
  const rows = 1200;
  const x = normals(1, rows * columns);
  const exact = () => matmul(x, x, { m: columns, k: rows, n: columns, transposeA: true });

  it('is XᵀX, exactly symmetric, in float64 and nearly so from float32 products', async () => {
    const expected = await exact();
    const gram = createGram(columns);
    await gram.add(x);
    const matrix = await gram.matrix();
    expect(distanceOf(matrix, expected)).toBeLessThan(1e-10);
    expect(transpose(matrix, columns, columns)).toEqual(matrix);

    const single = createGram(columns, { precision: 'float32' });
    await single.add(Float32Array.from(x));
    expect(distanceOf(await single.matrix(), expected)).toBeLessThan(2e-3);
  });

  it('has the same bits however the rows are cut', async () => {
    const width = 20;
    const points = normals(2, rows * width);
    const whole = createGram(width);
    await whole.add(points);
    const expected = await whole.matrix();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: rows }), { maxLength: 6 }), async (cuts) => {
        const gram = createGram(width);
        const edges = [0, ...cuts.sort((a, b) => a - b), rows];
        for (let i = 1; i < edges.length; i++) await gram.add(points.subarray(edges[i - 1] * width, edges[i] * width));
        expect(await gram.matrix()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('can be read on the way, and refuses parts of rows', async () => {
    const gram = createGram(2);
    await gram.add(Float64Array.of(1, 2));
    expect([...(await gram.matrix())]).toEqual([1, 2, 2, 4]);
    await gram.add(Float64Array.of(1, 0));
    expect([...(await gram.matrix())]).toEqual([2, 2, 2, 4]);
    await expect(gram.add(new Float64Array(3))).rejects.toMatchObject({ code: 'NUMERICS_SHAPE' });
  });
});

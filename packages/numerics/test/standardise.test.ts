import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardiser } from '../src/components/standardise.js';

describe('standardiser', () => {
  it('gives its own points mean 0 and standard deviation 1 in every column that varies', () => {
    const value = fc.float({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 20 }), (rows) => {
        const points = Float32Array.from(rows.flatMap(([a, b]) => [a, 7, b]));
        const { dims, apply } = standardiser(points, 3);
        const columns = [0, 2].filter((column) => rows.some((_, i) => points[i * 3 + column] !== points[column]));
        expect(dims).toBe(columns.length);
        const scaled = apply(points);
        for (let k = 0; k < dims; k++) {
          const column = rows.map((_, i) => scaled[i * dims + k]);
          const mean = column.reduce((sum, v) => sum + v, 0) / rows.length;
          const variance = column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (rows.length - 1);
          expect(mean).toBeCloseTo(0, 6);
          expect(variance).toBeCloseTo(1, 6);
        }
      }),
    );
  });

  it('applies the same shift and scale to other points', () => {
    const { apply, dims } = standardiser(Float32Array.of(1, 5, 3, 5), 2);
    expect(dims).toBe(1);
    const [first, second] = apply(Float32Array.of(2, 0, 4, 9));
    expect(first).toBe(0);
    expect(second).toBeCloseTo(Math.SQRT2, 12);
    expect(() => apply(Float32Array.of(1))).toThrow('has 1 elements');
  });
});

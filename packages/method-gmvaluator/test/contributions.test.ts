import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contributions } from '../src/contributions.js';

const among = (distances: readonly number[]) => ({
  points: Int32Array.from(distances.keys()),
  distances: Float64Array.from(distances),
});
const distances = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 });
const quality = fc.double({ min: 0, max: 1, noNaN: true });

describe('contributions', () => {
  it('are the shares of exponentials that the paper defines', () => {
    fc.assert(
      fc.property(distances, quality, (given, weight) => {
        const values = contributions(among(given), weight, 1);
        const total = given.reduce((sum, distance) => sum + Math.exp(-distance), 0);
        for (const [i, value] of values.entries())
          expect(value).toBeCloseTo((weight * Math.exp(-given[i])) / total, 12);
      }),
    );
  });

  it('sum to the quality and depend on differences only, however far away all contributors are', () => {
    fc.assert(
      fc.property(distances, quality, (given, weight) => {
        const near = contributions(among(given), weight, 0.5);
        const far = contributions(among(given.map((distance) => distance + 1e6)), weight, 0.5);
        expect(far.reduce((sum, value) => sum + value, 0)).toBeCloseTo(weight, 12);
        for (const [i, value] of far.entries()) expect(value).toBeCloseTo(near[i], 6);
      }),
    );
  });

  it('are even at a high temperature and go to the nearest at a low one', () => {
    const points = among([3, 1, 2]);
    for (const value of contributions(points, 1, 1e9)) expect(value).toBeCloseTo(1 / 3, 6);
    expect([...contributions(points, 1, 1e-3)]).toEqual([0, 1, 0]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankItems } from '../src/make/ranking.js';
import { holm } from '../src/statistics/holm.js';
import { twoSidedQuantile, twoSidedTail } from '../src/statistics/student-t.js';
import { tieGroups } from '../src/statistics/tie-groups.js';

describe("Student's t", () => {
  it.each([
    [1, 0.05, 12.706],
    [2, 0.05, 4.3027],
    [10, 0.05, 2.2281],
    [10, 0.001, 4.5869],
    [30, 0.01, 2.75],
    [120, 0.05, 1.9799],
    [1e7, 0.05, 1.95996],
  ])('has the tabled quantile for %d degrees of freedom', (df, tail, t) => {
    expect(twoSidedQuantile(tail, df)).toBeCloseTo(t, 3);
    expect(twoSidedTail(t, df)).toBeCloseTo(tail, 4);
  });

  it('keeps far tails, and is exact where it has a closed form', () => {
    expect(twoSidedTail(0, 7)).toBe(1);
    expect(twoSidedTail(50, 1)).toBeCloseTo((2 / Math.PI) * Math.atan(1 / 50), 13);
    for (const t of [0.3, 2, 9]) expect(twoSidedTail(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 13);
    expect(twoSidedTail(9, 1e9)).toBeGreaterThan(2.2e-19);
    expect(twoSidedTail(9, 1e9)).toBeLessThan(2.3e-19);
  });
});

describe('holm', () => {
  it('multiplies the smallest by all, the next by one less, and never falls', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.5, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('tieGroups', () => {
  it('shares a letter exactly between items that are not told apart', () => {
    const relation = fc
      .integer({ min: 1, max: 7 })
      .chain((size) =>
        fc.tuple(fc.constant(size), fc.array(fc.boolean(), { minLength: size * size, maxLength: size * size })),
      );
    fc.assert(
      fc.property(relation, ([size, flags]) => {
        const differs = (i: number, j: number) => flags[Math.min(i, j) * size + Math.max(i, j)];
        const letters = tieGroups(size, differs);
        for (let i = 0; i < size; i++) {
          expect(letters[i]).not.toBe('');
          for (let j = i + 1; j < size; j++)
            expect([...letters[i]].some((letter) => letters[j].includes(letter))).toBe(!differs(i, j));
        }
      }),
    );
  });

  it('names groups from best to worst', () => {
    expect(tieGroups(4, (i, j) => Math.abs(i - j) > 1)).toEqual(['a', 'ab', 'bc', 'c']);
    expect(tieGroups(0, () => true)).toEqual([]);
  });
});

describe('rankItems', () => {
  it('gives each item the ranks that its surely better and surely worse ones leave', () => {
    const { order, ranks, groups } = rankItems([0.2, 0.5, 0.4], [0.001, 0.2, 0.3], 0.05);
    expect(order).toEqual([1, 2, 0]);
    expect(ranks).toEqual([
      { point: 3, low: 2, high: 3 },
      { point: 1, low: 1, high: 2 },
      { point: 2, low: 1, high: 3 },
    ]);
    expect(groups).toEqual(['b', 'a', 'ab']);
  });
});

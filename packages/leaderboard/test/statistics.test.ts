import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankItems } from '../src/make/ranking.js';
import { digamma, inverseTrigamma, trigamma } from '../src/statistics/gamma.js';
import { holm } from '../src/statistics/holm.js';
import { moderatedVariances } from '../src/statistics/moderated-variances.js';
import { twoSidedQuantile, twoSidedTail } from '../src/statistics/student-t.js';
import { tailWithUnknownVariance } from '../src/statistics/tail-with-unknown-variance.js';
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

describe('derivatives of ln Γ', () => {
  it('have their closed forms at 1 and 1/2, and an inverse', () => {
    const euler = 0.5772156649015329;
    expect(digamma(1)).toBeCloseTo(-euler, 13);
    expect(digamma(0.5)).toBeCloseTo(-euler - 2 * Math.LN2, 13);
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 13);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 12);
    for (const x of [0.05, 0.7, 3, 40, 1e4]) expect(inverseTrigamma(trigamma(x)) / x).toBeCloseTo(1, 6);
  });
});

describe('moderatedVariances', () => {
  const of = (variances: readonly number[], most = 100) =>
    moderatedVariances(
      variances.map((variance) => ({ variance, freedom: 2 })),
      most,
    );

  it('pools variances that differ by no more than chance, with as many degrees of freedom as there are', () => {
    const alike = of([0.9, 1, 1.1, 1.2], 8);
    expect(alike.map(({ freedom }) => freedom)).toEqual([8, 8, 8, 8]);
    expect(alike[0].variance).toBeCloseTo(1.05, 4);
    expect(alike[3].variance).toBe(1.2);
  });

  it('says little of one by others that differ much, and never makes one smaller', () => {
    const scattered = [1e-6, 1e-3, 1, 1e3, 1e6];
    of(scattered).forEach(({ variance, freedom }, i) => {
      expect(variance).toBeGreaterThanOrEqual(scattered[i]);
      expect(freedom).toBeGreaterThanOrEqual(2);
      expect(freedom).toBeLessThan(2.5);
    });
  });

  it('leaves a single one as it is', () => {
    expect(of([0.3])).toEqual([{ variance: 0.3, freedom: 2 }]);
    expect(of([])).toEqual([]);
  });
});

describe('tailWithUnknownVariance', () => {
  const noise = { variance: 4, freedom: 3, counted: 0, draws: 1 };

  it("is Student's where only the unknown noise is left, and where there is none", () => {
    expect(tailWithUnknownVariance(5, { variance: 0, freedom: 9 }, [noise])).toBeCloseTo(twoSidedTail(2.5, 3), 6);
    expect(tailWithUnknownVariance(5, { variance: 4, freedom: 9 }, [])).toBeCloseTo(twoSidedTail(2.5, 9), 12);
    const known = { ...noise, freedom: 1e6 };
    expect(tailWithUnknownVariance(5, { variance: 5, freedom: 1e6 }, [known])).toBeCloseTo(twoSidedTail(5 / 3, 1e6), 7);
    expect(tailWithUnknownVariance(0, { variance: 0, freedom: 1 }, [])).toBe(1);
    expect(tailWithUnknownVariance(1, { variance: 0, freedom: 1 }, [])).toBe(0);
  });

  it('holds the far tail that a small estimate of few degrees of freedom leaves open', () => {
    const small = { variance: 0.1, freedom: 2, counted: 0, draws: 1 };
    const chance = tailWithUnknownVariance(6, { variance: 1, freedom: 1e6 }, [small]);
    // P(|z √(1 + 0.1 · 2 / χ²)| > 6) by the midpoint rule over the exponential χ² / 2.
    let expected = 0;
    const cuts = 20000;
    for (let i = 0; i < cuts; i++) {
      const half = -Math.log1p(-(i + 0.5) / cuts);
      expected += twoSidedTail(6 / Math.sqrt(1 + 0.1 / half), 1e6) / cuts;
    }
    expect(chance / expected).toBeGreaterThan(0.97);
    expect(chance / expected).toBeLessThan(1.03);
    expect(chance).toBeGreaterThan(100 * twoSidedTail(6 / Math.sqrt(1.1), 1e6));
  });

  it('leaves out what is counted elsewhere, and averages over draws', () => {
    const mostly = { variance: 4, freedom: 1e6, counted: 3, draws: 2 };
    expect(tailWithUnknownVariance(2, { variance: 0.5, freedom: 1e6 }, [mostly])).toBeCloseTo(twoSidedTail(2, 1e6), 7);
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

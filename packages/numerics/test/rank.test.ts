import fc from 'fast-check';
import { sampleCorrelation, sampleRankCorrelation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { mean, midranks, pearson, rankOrder, resampledSpearman, rocAuc, spearman } from '../src/statistics/rank.js';
import { readNpy } from './support/read-npy.js';

/** simple-statistics tells numbers apart by their difference, which is lost where it is below the normal numbers. */
const apart = (value: number): number => (Math.abs(value) < 1e-280 ? 0 : value);

/** Values from a small set, so that ties are common, or from the reals. */
const sample = (size: number) =>
  fc.oneof(
    fc.array(fc.integer({ min: 0, max: 4 }), { minLength: size, maxLength: size }),
    fc.array(fc.double({ noNaN: true, min: -10, max: 10 }).map(apart), { minLength: size, maxLength: size }),
  );
const pair = fc.integer({ min: 1, max: 25 }).chain((size) => fc.tuple(sample(size), sample(size)));
const resample = fc
  .integer({ min: 1, max: 25 })
  .chain((size) =>
    fc.tuple(sample(size), sample(size), fc.array(fc.nat({ max: 4 }), { minLength: size, maxLength: size })),
  );

describe('midranks', () => {
  it('give the number of smaller values plus half of the equal ones', () => {
    fc.assert(
      fc.property(sample(12), (values) => {
        const expected = values.map((value) => {
          const below = values.filter((other) => other < value).length;
          return below + (values.filter((other) => other === value).length + 1) / 2;
        });
        expect([...midranks(values)]).toEqual(expected);
      }),
    );
  });

  it('rank infinities, take both zeros for one, and refuse NaN', () => {
    expect([...midranks([Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY])]).toEqual([3, 2, 1]);
    expect([...midranks([0, -0, 1])]).toEqual([1.5, 1.5, 3]);
    expect(() => midranks([1, NaN])).toThrow('NaN at element 1');
  });
});

describe('spearman', () => {
  it("agrees with dattri's LDS, ties included, to 1e-10", () => {
    const score = readNpy('dattri-metrics/score').data;
    const subsets = readNpy('dattri-metrics/subset_indices');
    const truth = readNpy('dattri-metrics/ground_truth').data;
    const expected = readNpy('dattri-metrics/lds_corr').data;
    const [count, size] = subsets.shape;
    const queries = expected.length;
    for (let q = 0; q < queries; q++) {
      const predicted = Float64Array.from({ length: count }, (_, j) => {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += score[subsets.data[j * size + i] * queries + q];
        return sum;
      });
      const observed = Float64Array.from({ length: count }, (_, j) => truth[j * queries + q]);
      expect(Math.abs((spearman(predicted, observed) ?? NaN) - expected[q])).toBeLessThan(1e-10);
    }
  });

  it('agrees with simple-statistics and is undefined exactly for constant samples', () => {
    fc.assert(
      fc.property(pair, ([x, y]) => {
        const own = spearman(x, y);
        const constant = new Set(x.map((v) => v + 0)).size === 1 || new Set(y.map((v) => v + 0)).size === 1;
        if (constant) expect(own).toBeUndefined();
        else expect(own).toBeCloseTo(sampleRankCorrelation(x, y), 12);
      }),
    );
  });

  it('is 1 under any increasing map and -1 under any decreasing one', () => {
    fc.assert(
      fc.property(sample(9), (x) => {
        fc.pre(new Set(x.map((v) => v + 0)).size > 1);
        const ranks = [...midranks(x)];
        expect(
          spearman(
            x,
            ranks.map((rank) => rank ** 3),
          ),
        ).toBe(1);
        expect(
          spearman(
            x,
            ranks.map((rank) => -Math.exp(rank)),
          ),
        ).toBe(-1);
      }),
    );
  });
});

describe('resampledSpearman', () => {
  it('is bit for bit that of the resample written out and ranked anew', () => {
    fc.assert(
      fc.property(resample, ([x, y, counts]) => {
        const written = (values: number[]) => values.flatMap((value, i) => Array<number>(counts[i]).fill(value));
        expect(resampledSpearman(rankOrder(x), rankOrder(y), Int32Array.from(counts))).toBe(
          spearman(written(x), written(y)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses samples and counts of different lengths', () => {
    const order = rankOrder([1, 2, 3]);
    expect(() => resampledSpearman(order, rankOrder([1, 2]), new Int32Array(3))).toThrow('2 elements');
    expect(() => resampledSpearman(order, order, new Int32Array(2))).toThrow('counts has 2 elements');
  });
});

describe('pearson', () => {
  it("agrees with dattri's leave-one-out correlation to 1e-10", () => {
    const score = readNpy('dattri-metrics/score').data;
    const truth = readNpy('dattri-metrics/loo_ground_truth').data;
    const expected = readNpy('dattri-metrics/loo_corr').data;
    const queries = expected.length;
    for (let q = 0; q < queries; q++) {
      const column = (matrix: Float64Array) => matrix.filter((_, at) => at % queries === q);
      expect(Math.abs((pearson(column(score), column(truth)) ?? NaN) - expected[q])).toBeLessThan(1e-10);
    }
  });

  it('agrees with simple-statistics, keeps its digits far from zero, and stays within [-1, 1]', () => {
    fc.assert(
      fc.property(pair, fc.constantFrom(0, 1e6), ([x, y], shift) => {
        const moved = x.map((value) => value + shift);
        const own = pearson(moved, y);
        fc.pre(own !== undefined && Math.max(...x) - Math.min(...x) > 0.1 && Math.max(...y) - Math.min(...y) > 0.1);
        expect(own).toBeCloseTo(sampleCorrelation(x, y), 6);
        expect(Math.abs(own ?? 2)).toBeLessThanOrEqual(1);
      }),
    );
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeUndefined();
    expect(pearson([], [])).toBeUndefined();
    expect(() => pearson([1, Number.POSITIVE_INFINITY], [1, 2])).toThrow('Infinity at element 1');
  });
});

describe('rocAuc', () => {
  it("is scikit-learn's, with and without ties", () => {
    const flags = readNpy('dattri-metrics/mislabel_flags').data;
    for (const [scores, expected] of [
      ['mislabel_score', 'mislabel_auc_sklearn'],
      ['mislabel_score_tied', 'mislabel_auc_tied_sklearn'],
    ]) {
      const auc = rocAuc(readNpy(`dattri-metrics/${scores}`).data, flags);
      expect(Math.abs((auc ?? NaN) - readNpy(`dattri-metrics/${expected}`).data[0])).toBeLessThan(1e-12);
    }
  });

  it('is the share of pairs in order, ties counting half, and turns over with the sign', () => {
    fc.assert(
      fc.property(sample(15), fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }), (scores, positive) => {
        const labels = positive.map(Number);
        let [won, pairs] = [0, 0];
        for (const [i, isPositive] of positive.entries())
          for (const [j, other] of positive.entries()) {
            if (!isPositive || other) continue;
            pairs++;
            won += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
          }
        const auc = rocAuc(scores, labels);
        if (pairs === 0) {
          expect(auc).toBeUndefined();
          return;
        }
        expect(auc).toBeCloseTo(won / pairs, 13);
        expect(
          rocAuc(
            scores.map((score) => -score),
            labels,
          ),
        ).toBeCloseTo(1 - won / pairs, 13);
      }),
    );
  });
});

describe('mean', () => {
  it('refuses an empty sample', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(() => mean([])).toThrow('empty');
  });
});

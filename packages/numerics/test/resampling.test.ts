import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean, spearman } from '../src/statistics/rank.js';
import {
  difference,
  drawJointly,
  drawsOfMean,
  percentileInterval,
  type ResampledStatistic,
  resampleSpearman,
  resampleSubsets,
  spreadBySubsets,
  spreadOfMean,
} from '../src/statistics/resampling.js';
import { type AdditiveTruth, additiveTruths } from './support/additive-truth.js';
import { distanceOf, normals } from './support/matrices.js';

describe('drawJointly', () => {
  it('draws as many subsets and queries as there are, the same for the same seed, whatever the number of draws', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (subsets, queries, seed) => {
          const few = drawJointly({ resamples: 3, subsets, queries }, [seed, 0, 0, 0]);
          const many = drawJointly({ resamples: 5, subsets, queries }, [seed, 0, 0, 0]);
          expect(many.subsetCounts.slice(0, 3 * subsets)).toEqual(few.subsetCounts);
          expect(many.queryCounts.slice(0, 3 * queries)).toEqual(few.queryCounts);
          for (let b = 0; b < 3; b++) {
            const total = (counts: Int32Array, size: number) =>
              counts.slice(b * size, (b + 1) * size).reduce((sum, count) => sum + count, 0);
            expect(total(few.subsetCounts, subsets)).toBe(subsets);
            expect(total(few.queryCounts, queries)).toBe(queries);
          }
        },
      ),
    );
  });
});

describe('resampleSpearman', () => {
  it('re-ranks the subsets of every draw', () => {
    const [subsets, queries, resamples] = [9, 4, 20];
    const predictions = normals(1, subsets * queries).map(Math.round);
    const outputs = normals(2, subsets * queries);
    const draws = drawJointly({ resamples, subsets, queries }, [1, 2, 3, 4]);
    const [{ perQuery, resampled }] = resampleSpearman([predictions], outputs, draws);
    for (let q = 0; q < queries; q++) {
      const column = (matrix: Float64Array, rows: number[]) => rows.map((j) => matrix[j * queries + q]);
      const all = Array.from({ length: subsets }, (_, j) => j);
      expect(perQuery[q]).toBe(spearman(column(predictions, all), column(outputs, all)) ?? 0);
      for (let b = 0; b < resamples; b++) {
        const rows = all.flatMap((j) => Array<number>(draws.subsetCounts[b * subsets + j]).fill(j));
        const expected = spearman(column(predictions, rows), column(outputs, rows)) ?? 0;
        expect(resampled[b * queries + q]).toBe(expected);
      }
    }
  });

  it('counts a query with constant predictions as 0', () => {
    const draws = drawJointly({ resamples: 4, subsets: 5, queries: 1 }, [1, 2, 3, 4]);
    const [{ perQuery, resampled }] = resampleSpearman([new Float64Array(5)], normals(1, 5), draws);
    expect([...perQuery, ...resampled]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('drawsOfMean', () => {
  const truth: AdditiveTruth = { subsets: 64, queries: 40, quality: [0.5, 0.4] };
  const { predictions, outputs } = additiveTruths(1, truth).draw();
  const draws = drawJointly({ resamples: 500, subsets: 64, queries: 40 }, [1, 2, 3, 4]);
  const [a, b] = resampleSpearman(predictions, outputs, draws);

  it('is centred on the observed mean', () => {
    expect(mean(drawsOfMean(a, draws))).toBeCloseTo(mean(a.perQuery), 12);
  });

  it('has no width where nothing varies, so a method is never told apart from itself', () => {
    expect(new Set(drawsOfMean(difference(a, a), draws))).toEqual(new Set([0]));
  });

  it('turns over with the sign of the statistic', () => {
    const forth = drawsOfMean(difference(a, b), draws);
    const back = drawsOfMean(difference(b, a), draws);
    expect(
      distanceOf(
        forth,
        back.map((value) => -value),
      ),
    ).toBeLessThan(1e-12);
  });

  it('resamples queries alone when values do not come from subsets', () => {
    const values: ResampledStatistic = { perQuery: normals(5, 40), resampled: new Float64Array(0) };
    const { low, high } = percentileInterval(drawsOfMean(values, draws), 0.95);
    const centre = mean(values.perQuery);
    const deviation = Math.sqrt(mean(values.perQuery.map((value) => (value - centre) ** 2)) * (40 / 39));
    expect((high - low) / (2 * 2.0227 * (deviation / Math.sqrt(40)))).toBeCloseTo(1, 0.9);
  });

  it('refuses NaN, which a caller must have counted before', () => {
    const statistic = { ...a, perQuery: a.perQuery.map((value, i) => (i === 3 ? NaN : value)) };
    expect(() => drawsOfMean(statistic, draws)).toThrow('NaN at element 3');
  });
});

describe('percentileInterval', () => {
  it('holds the stated share of the draws in its middle', () => {
    const draws = Float64Array.from({ length: 1000 }, (_, i) => (i * 7) % 1000);
    const { low, high } = percentileInterval(draws, 0.9);
    expect(low).toBeCloseTo(49.5, 0);
    expect(high).toBeCloseTo(949.5, 0);
    expect(() => percentileInterval(draws, 95)).toThrow('the level is 95');
  });
});

describe('resampleSubsets', () => {
  it('evaluates any statistic of a query on the counts of every draw', () => {
    const draws = drawJointly({ resamples: 3, subsets: 6, queries: 2 }, [1, 2, 3, 4]);
    const { perQuery, resampled } = resampleSubsets(draws, (query, counts) => query + counts[0]);
    expect([...perQuery]).toEqual([1, 2]);
    expect([...resampled]).toEqual(
      [0, 1, 2].flatMap((b) => [draws.subsetCounts[b * 6], draws.subsetCounts[b * 6] + 1]),
    );
  });
});

describe('spreadBySubsets', () => {
  const measured = (subsets: number, seed: number) => {
    const truth: AdditiveTruth = { subsets, queries: 40, quality: [0.6, 0.5], qualitySpread: 0.1 };
    const { predictions, outputs } = additiveTruths(seed, truth).draw();
    const draws = drawJointly({ resamples: 200, subsets, queries: 40 }, [seed, 2, 3, 4]);
    const [a, b] = resampleSpearman(predictions, outputs, draws);
    return [difference(a, b), draws] as const;
  };

  it('is the spread there is at the number there is', () => {
    const [statistic, draws] = measured(48, 1);
    expect(spreadBySubsets(statistic, draws)(48)).toEqual(spreadOfMean(statistic, draws));
  });

  it('foretells the spread on three times as many subsets, and falls to that of the queries', () => {
    const seeds = Array.from({ length: 12 }, (_, i) => i);
    const variance = ({ standardError }: { standardError: number }) => standardError ** 2;
    const foretold = seeds.map((seed) => spreadBySubsets(...measured(40, seed)));
    const found = mean(seeds.map((seed) => variance(spreadOfMean(...measured(120, seed)))));
    expect(mean(foretold.map((at) => variance(at(120)))) / found).toBeGreaterThan(0.75);
    expect(mean(foretold.map((at) => variance(at(120)))) / found).toBeLessThan(1.33);
    for (const at of foretold) {
      expect(variance(at(80))).toBeLessThan(variance(at(40)));
      expect(variance(at(Number.POSITIVE_INFINITY))).toBeCloseTo(2 * variance(at(80)) - variance(at(40)), 12);
    }
  });
});

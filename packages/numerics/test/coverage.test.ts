import { describe, expect, it } from 'vitest';
import { mean } from '../src/statistics/rank.js';
import {
  difference,
  drawJointly,
  drawsOfMean,
  percentileInterval,
  resampleSpearman,
} from '../src/statistics/resampling.js';
import { type AdditiveTruth, additiveTruths } from './support/additive-truth.js';

describe('coverage of 95 % intervals for a mean LDS whose queries share their subsets', () => {
  const trials = 400;
  /** Share of fresh truths whose interval holds the LDS that fresh truths have on average; of a difference for two. */
  function coverage(truth: AdditiveTruth, seed: number): number {
    const { subsets, queries, quality } = truth;
    const source = additiveTruths(seed, truth);
    const means: number[] = [];
    const intervals: { low: number; high: number }[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const { predictions, outputs } = source.draw();
      const draws = drawJointly({ resamples: 200, subsets, queries }, [seed, trial, 1, 1]);
      const statistics = resampleSpearman(predictions, outputs, draws);
      const statistic = quality.length === 1 ? statistics[0] : difference(statistics[0], statistics[1]);
      means.push(mean(statistic.perQuery));
      intervals.push(percentileInterval(drawsOfMean(statistic, draws), 0.95));
    }
    const expected = mean(means);
    return intervals.filter(({ low, high }) => low <= expected && expected <= high).length / trials;
  }

  it.each<[string, AdditiveTruth]>([
    ['of random scores', { subsets: 64, queries: 20, quality: [0], common: 0 }],
    ['of a middling method', { subsets: 64, queries: 20, quality: [0.6], qualitySpread: 0.2 }],
    ['near the ceiling', { subsets: 64, queries: 20, quality: [0.95], noise: 0.1 }],
    ['with noise that all queries share', { subsets: 64, queries: 20, quality: [0.5], commonNoise: 0.5 }],
    ['of the difference of two methods', { subsets: 64, queries: 20, quality: [0.5, 0.4] }],
    ['with few subsets and queries', { subsets: 32, queries: 10, quality: [0.4] }],
  ])('is 93 to 97 %, %s', (_, truth) => {
    // One standard deviation of 400 trials is 1.1 %.
    const share = coverage(truth, 3);
    expect(share).toBeGreaterThan(0.93 - 0.011);
    expect(share).toBeLessThan(0.97 + 0.011);
  });
});

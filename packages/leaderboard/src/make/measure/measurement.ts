import {
  difference,
  drawsOfMean,
  type JointDraws,
  mean,
  percentileInterval,
  type ResampledStatistic,
  spreadOfMean,
} from '@attribution-bench/numerics';
import type { Interval } from '../../board.js';
import { twoSidedQuantile, twoSidedTail } from '../../statistics/student-t.js';

/** A metric of one method on one task, with everything its uncertainty follows from. */
export interface Measurement {
  /** Mean over seeds. */
  readonly value: number;
  readonly seeds: readonly number[];
  /** Values by query of each seed, in the order of `seeds`; one value where the metric has no queries. */
  readonly bySeed: readonly Float64Array[];
  /** Means over seeds. */
  readonly statistic: ResampledStatistic;
  /** Shared by all measurements that are compared, so that differences are paired. */
  readonly draws: JointDraws;
}

/** a - b, paired by query, by draw and by seed; a seed that only one of them has is left out of the seed noise. */
export function pairedDifference(a: Measurement, b: Measurement): Measurement {
  const seeds = a.seeds.filter((seed) => b.seeds.includes(seed));
  return {
    value: a.value - b.value,
    seeds,
    bySeed: seeds.map((seed) => {
      const [x, y] = [a.bySeed[a.seeds.indexOf(seed)], b.bySeed[b.seeds.indexOf(seed)]];
      return x.map((value, query) => value - y[query]);
    }),
    statistic: difference(a.statistic, b.statistic),
    draws: a.draws,
  };
}

interface Spread {
  readonly standardError: number;
  readonly freedom: number;
}

/**
 * Noise of the sampled subsets and queries plus noise of the method's own seeds, degrees of freedom combined by
 * Satterthwaite's formula. A single seed shows no seed noise, so its spread is that of scores with just that seed.
 */
function spreadOf({ statistic, draws, bySeed }: Measurement): Spread {
  const sampling = spreadOfMean(statistic, draws);
  const seedVariance = seedNoise(bySeed);
  if (seedVariance === 0) return sampling;
  const samplingVariance = sampling.standardError ** 2;
  const total = samplingVariance + seedVariance;
  const samplingTerm = samplingVariance === 0 ? 0 : samplingVariance ** 2 / sampling.freedom;
  const freedom = total ** 2 / (samplingTerm + seedVariance ** 2 / (bySeed.length - 1));
  return { standardError: Math.sqrt(total), freedom };
}

/**
 * Variance that seeds give the mean over seeds. Only what they do to all queries alike counts: what differs from query
 * to query (the residual of the layout seeds × queries) is among the noise of the queries already.
 */
function seedNoise(bySeed: readonly Float64Array[]): number {
  const seeds = bySeed.length;
  if (seeds < 2) return 0;
  const queries = bySeed[0].length;
  const seedMeans = bySeed.map((values) => mean(values));
  const queryMeans = Array.from({ length: queries }, (_, query) => mean(bySeed.map((values) => values[query])));
  const grandMean = mean(seedMeans);
  let residual = 0;
  bySeed.forEach((values, seed) => {
    values.forEach((value, query) => {
      residual += (value - seedMeans[seed] - queryMeans[query] + grandMean) ** 2;
    });
  });
  const own = queries === 1 ? 0 : residual / ((seeds - 1) * (queries - 1));
  const betweenSeeds = seedMeans.reduce((sum, value) => sum + (value - grandMean) ** 2, 0) / (seeds - 1);
  return Math.max(0, betweenSeeds - own / queries) / seeds;
}

/**
 * The interval that covers the value on fresh subsets, queries and method seeds with probability `level`: percentiles of
 * the joint draws, widened about the value by what seed noise adds.
 */
export function intervalOf(measurement: Measurement, level: number): Interval {
  const { value, statistic, draws } = measurement;
  const sampling = spreadOfMean(statistic, draws);
  const whole = spreadOf(measurement);
  if (whole.standardError === 0) return { low: value, high: value };
  const quantile = ({ freedom }: Spread) => twoSidedQuantile(1 - level, freedom);
  if (sampling.standardError === 0) {
    const halfWidth = quantile(whole) * whole.standardError;
    return { low: value - halfWidth, high: value + halfWidth };
  }
  const percentiles = percentileInterval(drawsOfMean(statistic, draws), level);
  const widen =
    whole.standardError === sampling.standardError
      ? 1
      : (quantile(whole) * whole.standardError) / (quantile(sampling) * sampling.standardError);
  return { low: value + widen * (percentiles.low - value), high: value + widen * (percentiles.high - value) };
}

/** Two-sided p-value of the hypothesis that the measured value is 0. */
export function pValue(measurement: Measurement): number {
  if (measurement.value === 0) return 1;
  const { standardError, freedom } = spreadOf(measurement);
  return standardError === 0 ? 0 : twoSidedTail(measurement.value / standardError, freedom);
}

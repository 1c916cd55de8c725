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

/** A number with everything its uncertainty follows from. */
export interface Uncertain {
  readonly value: number;
  /** Means over seeds. */
  readonly statistic: ResampledStatistic;
  /** Shared by all that is compared, so that differences are paired. */
  readonly draws: JointDraws;
  readonly seedNoise: SeedNoise;
}

/** What the method's own seeds add to the variance of a mean over them; 0 for a single seed, which shows no noise. */
export interface SeedNoise {
  readonly variance: number;
  readonly freedom: number;
}

/** A metric of one method on one task. */
export interface Measurement extends Uncertain {
  readonly seeds: readonly number[];
  /** Values by query of each seed, in the order of `seeds`; one value where the metric has no queries. */
  readonly bySeed: readonly Float64Array[];
}

export function measurement(parts: Omit<Measurement, 'seedNoise'>): Measurement {
  return { ...parts, seedNoise: seedNoiseOf(parts.bySeed) };
}

/** a - b, paired by query, by draw and by seed; a seed that only one of them has is left out of the seed noise. */
export function pairedDifference(a: Measurement, b: Measurement): Measurement {
  const seeds = a.seeds.filter((seed) => b.seeds.includes(seed));
  return measurement({
    value: a.value - b.value,
    seeds,
    bySeed: seeds.map((seed) => {
      const [x, y] = [a.bySeed[a.seeds.indexOf(seed)], b.bySeed[b.seeds.indexOf(seed)]];
      return x.map((value, query) => value - y[query]);
    }),
    statistic: difference(a.statistic, b.statistic),
    draws: a.draws,
  });
}

/** a - b, paired by query and draw, with seeds of a and b that have nothing to do with each other. */
export function differenceOfSeeds(a: Measurement, b: Measurement): Uncertain {
  const [x, y] = [a.seedNoise, b.seedNoise];
  const total = x.variance + y.variance;
  const term = ({ variance, freedom }: SeedNoise) => (variance === 0 ? 0 : variance ** 2 / freedom);
  return {
    value: a.value - b.value,
    statistic: difference(a.statistic, b.statistic),
    draws: a.draws,
    seedNoise: { variance: total, freedom: total === 0 ? 1 : total ** 2 / (term(x) + term(y)) },
  };
}

/**
 * Only what a seed does to all queries alike counts: what differs from query to query (the residual of the layout seeds
 * × queries) is among the noise of the queries already.
 */
function seedNoiseOf(bySeed: readonly Float64Array[]): SeedNoise {
  const seeds = bySeed.length;
  if (seeds < 2) return { variance: 0, freedom: 1 };
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
  return { variance: Math.max(0, betweenSeeds - own / queries) / seeds, freedom: seeds - 1 };
}

interface Spread {
  readonly standardError: number;
  readonly freedom: number;
}

/** Noise of the sampled subsets and queries plus seed noise, degrees of freedom combined by Satterthwaite's formula. */
function spreadOf({ statistic, draws, seedNoise }: Uncertain): Spread {
  const sampling = spreadOfMean(statistic, draws);
  if (seedNoise.variance === 0) return sampling;
  const samplingVariance = sampling.standardError ** 2;
  const total = samplingVariance + seedNoise.variance;
  const samplingTerm = samplingVariance === 0 ? 0 : samplingVariance ** 2 / sampling.freedom;
  const freedom = total ** 2 / (samplingTerm + seedNoise.variance ** 2 / seedNoise.freedom);
  return { standardError: Math.sqrt(total), freedom };
}

/**
 * The interval that covers the value on fresh subsets, queries and method seeds with probability `level`: percentiles of
 * the joint draws, widened about the value by what seed noise adds.
 */
export function intervalOf(uncertain: Uncertain, level: number): Interval {
  const { value, statistic, draws } = uncertain;
  const sampling = spreadOfMean(statistic, draws);
  const whole = spreadOf(uncertain);
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
export function pValue(uncertain: Uncertain): number {
  if (uncertain.value === 0) return 1;
  const { standardError, freedom } = spreadOf(uncertain);
  return standardError === 0 ? 0 : twoSidedTail(uncertain.value / standardError, freedom);
}

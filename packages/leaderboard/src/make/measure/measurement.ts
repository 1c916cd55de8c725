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
import { areaInterval, type Placements, spreadOfPlacements } from './area.js';

/** A number with everything its uncertainty follows from. */
export interface Uncertain {
  readonly value: number;
  /** Means over seeds. */
  readonly statistic: SampledStatistic;
  /** Shared by all that is compared, so that differences are paired. */
  readonly draws: JointDraws;
  readonly commonNoise: CommonNoise;
}

/** A statistic whose spread over fresh subsets and queries is that of its draws or, where it has placements, of these. */
export interface SampledStatistic extends ResampledStatistic {
  /** For an area under a ROC curve. */
  readonly placements?: Placements;
  /** For a mean over queries: least and greatest value of a query. */
  readonly range?: readonly [number, number];
  /** For a difference of two such areas. */
  readonly placementChanges?: Placements;
}

/**
 * What randomness that hits all queries alike adds to the variance of a mean over its draws: the method's own seeds, the
 * metric's retrainings. 0 for a single draw, which shows no noise.
 */
export interface CommonNoise {
  readonly variance: number;
  /** Half the variance of that estimate of a variance. */
  readonly uncertainty: number;
  /** Degrees of freedom that a sum with it has at least: those of the source with the fewest draws. */
  readonly freedom: number;
}

/** A metric of one method on one task. */
export interface Measurement extends Uncertain {
  readonly seeds: readonly number[];
  /** Values by query of each seed, in the order of `seeds`; one value where the metric has no queries. */
  readonly bySeed: readonly Float64Array[];
  /** Means over seeds of the values by query that each draw of the metric's own randomness gives alone, by source of it. */
  readonly repeats: Repeats;
  /** The noise of seeds and of every source of repeats, by source. */
  readonly noises: Readonly<Record<string, DrawnNoise>>;
}

/** What the draws of one kind of randomness do to all queries alike, as far as it shows. */
export interface DrawnNoise {
  /** Mean square between draws, of the mean over queries. */
  readonly between: number;
  /** What of it is noise of single queries, which is among the noise of the queries already. */
  readonly own: number;
  readonly draws: number;
}

export type Repeats = Readonly<Record<string, readonly Float64Array[]>>;

/** Noise of seeds and of repeats adds up, and what both have a part in (which of them interact) counts twice. */
export function measurement(parts: Omit<Measurement, 'commonNoise' | 'noises'>): Measurement {
  const noises = Object.fromEntries(
    Object.entries({ seeds: parts.bySeed, ...parts.repeats }).map(([source, draws]) => [source, drawnNoiseOf(draws)]),
  );
  return { ...parts, noises, commonNoise: sumOf(Object.values(noises).map(commonNoiseOf)) };
}

/**
 * a - b, paired by query, by draw, by seed and by repeat; a seed or source of repeats that only one of them has is left out
 * of the common noise.
 */
export function pairedDifference(a: Measurement, b: Measurement): Measurement {
  const seeds = a.seeds.filter((seed) => b.seeds.includes(seed));
  return measurement({
    value: a.value - b.value,
    seeds,
    bySeed: seeds.map((seed) => minus(a.bySeed[a.seeds.indexOf(seed)], b.bySeed[b.seeds.indexOf(seed)])),
    repeats: Object.fromEntries(
      Object.entries(a.repeats)
        .filter(([source, draws]) => b.repeats[source]?.length === draws.length)
        .map(([source, draws]) => [source, draws.map((values, draw) => minus(values, b.repeats[source][draw]))]),
    ),
    statistic: sampledDifference(a, b),
    draws: a.draws,
  });
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, query) => value - b[query]);
}

/** a - b, paired by query and draw, with seeds of a and b that have nothing to do with each other. */
export function differenceOfSeeds(a: Measurement, b: Measurement): Uncertain {
  return {
    value: a.value - b.value,
    statistic: sampledDifference(a, b),
    draws: a.draws,
    commonNoise: sumOf([a.commonNoise, b.commonNoise]),
  };
}

function sampledDifference(a: Uncertain, b: Uncertain): SampledStatistic {
  const drawn = difference(a.statistic, b.statistic);
  const [ofA, ofB] = [a.statistic.placements, b.statistic.placements];
  if (ofA === undefined || ofB === undefined) return drawn;
  return {
    ...drawn,
    placementChanges: {
      positives: minus(ofA.positives, ofB.positives),
      negatives: minus(ofA.negatives, ofB.negatives),
    },
  };
}

/** The sum of independent noises. */
function sumOf(noises: readonly CommonNoise[]): CommonNoise {
  return {
    variance: noises.reduce((sum, noise) => sum + noise.variance, 0),
    uncertainty: noises.reduce((sum, noise) => sum + noise.uncertainty, 0),
    freedom: Math.min(...noises.map(({ freedom }) => freedom)),
  };
}

/**
 * Only what a seed (or another draw) does to all queries alike counts: what differs from query to query (the residual of
 * the layout seeds × queries) is among the noise of the queries already.
 */
function drawnNoiseOf(bySeed: readonly Float64Array[]): DrawnNoise {
  const seeds = bySeed.length;
  if (seeds < 2) return { between: 0, own: 0, draws: seeds };
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
  const own = queries === 1 ? 0 : residual / ((seeds - 1) * (queries - 1)) / queries;
  const same = bySeed.every((values) => values.every((value, query) => value === bySeed[0][query]));
  const between = same ? 0 : seedMeans.reduce((sum, value) => sum + (value - grandMean) ** 2, 0) / (seeds - 1);
  return { between, own: same ? 0 : own, draws: seeds };
}

function commonNoiseOf({ between, own, draws }: DrawnNoise): CommonNoise {
  if (between === 0) return { variance: 0, uncertainty: 0, freedom: Number.POSITIVE_INFINITY };
  const common = between - own;
  return {
    // Less than rounding leaves of it is nothing.
    variance: common > 1e-12 * between ? common / draws : 0,
    uncertainty: (between / draws) ** 2 / (draws - 1),
    freedom: draws - 1,
  };
}

export interface Spread {
  readonly standardError: number;
  readonly freedom: number;
}

/** Noise of the sampled subsets and queries, or of the sampled training points. */
export function samplingSpreadOf({ statistic, draws }: Pick<Uncertain, 'statistic' | 'draws'>): Spread {
  const placements = statistic.placements ?? statistic.placementChanges;
  return placements === undefined ? spreadOfMean(statistic, draws) : spreadOfPlacements(placements);
}

/** Noise of the sampled subsets and queries plus common noise, degrees of freedom combined by Satterthwaite's formula. */
export function spreadOf({ statistic, draws, commonNoise }: Uncertain): Spread {
  const sampling = samplingSpreadOf({ statistic, draws });
  if (commonNoise.variance === 0 && commonNoise.uncertainty === 0) return sampling;
  if (sampling.standardError === 0)
    return { standardError: Math.sqrt(commonNoise.variance), freedom: commonNoise.freedom };
  const samplingVariance = sampling.standardError ** 2;
  const total = samplingVariance + commonNoise.variance;
  const samplingTerm = samplingVariance === 0 ? 0 : samplingVariance ** 2 / sampling.freedom;
  return {
    standardError: Math.sqrt(total),
    freedom: Math.max(
      Math.min(sampling.freedom, commonNoise.freedom),
      total ** 2 / (samplingTerm + commonNoise.uncertainty),
    ),
  };
}

/**
 * The interval that covers the value on fresh subsets, queries, method seeds and repeats with probability `level`: percentiles of
 * the joint draws, widened about the value by what common noise adds.
 */
export function intervalOf(uncertain: Uncertain, level: number): Interval {
  const { value, statistic, draws } = uncertain;
  if (statistic.placements !== undefined)
    return areaInterval(value, statistic.placements, uncertain.commonNoise, (freedom) =>
      twoSidedQuantile(1 - level, freedom),
    );
  const sampling = spreadOfMean(statistic, draws);
  const whole = spreadOf(uncertain);
  const ofSame = intervalOfSame(value, statistic, 1 - level);
  if (whole.standardError === 0) return ofSame;
  const quantile = ({ freedom }: Spread) => twoSidedQuantile(1 - level, freedom);
  if (sampling.standardError === 0 || statistic.placementChanges !== undefined) {
    const halfWidth = quantile(whole) * whole.standardError;
    const drawn = { low: value - halfWidth, high: value + halfWidth };
    if (sampling.standardError > 0) return drawn;
    return { low: Math.min(drawn.low, ofSame.low), high: Math.max(drawn.high, ofSame.high) };
  }
  const percentiles = percentileInterval(drawsOfMean(statistic, draws), level);
  const widen =
    whole.freedom === sampling.freedom
      ? 1
      : (quantile(whole) * whole.standardError) / (quantile(sampling) * sampling.standardError);
  return { low: value + widen * (percentiles.low - value), high: value + widen * (percentiles.high - value) };
}

/**
 * The interval of queries that do not differ. As many of them would show nothing else although a share of all queries, up to
 * what has the chance of half the error, is at an end of what there can be (Clopper and Pearson 1934, for shares).
 */
function intervalOfSame(value: number, { range, perQuery }: SampledStatistic, error: number): Interval {
  if (range === undefined || !range.every(Number.isFinite)) return { low: value, high: value };
  const hidden = 1 - (error / 2) ** (1 / perQuery.length);
  const [least, most] = range;
  return { low: value - hidden * (value - least), high: value + hidden * (most - value) };
}

/**
 * Two-sided p-value of the hypothesis that the measured value is 0. Good for chances of some percent: far out in the tail, as
 * tests of many hypotheses need it, Satterthwaite's formula takes a common noise that came out small by chance for a small
 * one. The pairs of a task are tested by `pairedPValues`.
 */
export function pValue(uncertain: Uncertain): number {
  if (uncertain.value === 0) return 1;
  const { standardError, freedom } = spreadOf(uncertain);
  return standardError === 0 ? 0 : twoSidedTail(uncertain.value / standardError, freedom);
}

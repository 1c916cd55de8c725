import { BenchError, Rng, type Seed } from '@attribution-bench/contract';
import { quantile } from 'simple-statistics';
import { requireCount, requireFinite, requireLength } from '../errors.js';
import { correlateRanks, mean, type RankOrder, rankOrder, resampleOf, weightedRanks } from './rank.js';

/**
 * Bootstrap draws over subsets and queries at once. Everything compared with each other is resampled by the same draws,
 * so that differences are paired.
 */
export interface JointDraws {
  readonly resamples: number;
  readonly subsets: number;
  readonly queries: number;
  /** How often each subset occurs in each draw, [resamples × subsets]. */
  readonly subsetCounts: Int32Array;
  /** How often each query occurs in each draw, [resamples × queries]. */
  readonly queryCounts: Int32Array;
}

/** Draws subsets and queries with replacement, independently of each other; the first draws do not depend on `resamples`. */
export function drawJointly(
  sizes: { readonly resamples: number; readonly subsets: number; readonly queries: number },
  seed: Seed,
): JointDraws {
  const { resamples, subsets, queries } = sizes;
  requireCount('drawJointly', 'resamples', resamples, 2);
  requireCount('drawJointly', 'subsets', subsets, 0);
  requireCount('drawJointly', 'queries', queries, 1);
  const rng = new Rng(seed);
  const subsetCounts = new Int32Array(resamples * subsets);
  const queryCounts = new Int32Array(resamples * queries);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < subsets; i++) subsetCounts[b * subsets + rng.below(subsets)]++;
    for (let i = 0; i < queries; i++) queryCounts[b * queries + rng.below(queries)]++;
  }
  return { resamples, subsets, queries, subsetCounts, queryCounts };
}

/** A statistic of every query, on all subsets and on the subsets of every draw. */
export interface ResampledStatistic {
  /** [queries] */
  readonly perQuery: Float64Array;
  /** [resamples × queries] */
  readonly resampled: Float64Array;
}

/**
 * Spearman's correlation of each query's predictions with its outputs over subsets, ranked again in every draw; where it
 * is undefined (one side constant) it counts as 0. Several matrices of predictions together cost less than one by one,
 * since the outputs are ranked once per draw.
 * @param predictions matrices [subsets × queries]
 * @param outputs [subsets × queries]
 * @returns one statistic a matrix
 */
export function resampleSpearman(
  predictions: readonly Float64Array[],
  outputs: Float64Array,
  draws: JointDraws,
): ResampledStatistic[] {
  const { resamples, subsets, queries, subsetCounts } = draws;
  const predicted = predictions.map((matrix) => columnOrders(matrix, draws));
  const observed = columnOrders(outputs, draws);
  const scratch = new Float64Array(subsets);
  const evaluate = (counts: Int32Array, results: readonly Float64Array[], offset: number) => {
    const resample = resampleOf(counts);
    for (let query = 0; query < queries; query++) {
      const squares = weightedRanks(observed[query], resample, scratch);
      for (let p = 0; p < predicted.length; p++)
        results[p][offset + query] = correlateRanks(scratch, squares, predicted[p][query], resample) ?? 0;
    }
  };
  const perQuery = predictions.map(() => new Float64Array(queries));
  evaluate(new Int32Array(subsets).fill(1), perQuery, 0);
  const resampled = predictions.map(() => new Float64Array(resamples * queries));
  for (let b = 0; b < resamples; b++)
    evaluate(subsetCounts.subarray(b * subsets, (b + 1) * subsets), resampled, b * queries);
  return predictions.map((_, p) => ({ perQuery: perQuery[p], resampled: resampled[p] }));
}

/** Evaluates a statistic of a query and of how often each subset occurs, on the original and on every draw. */
export function resampleSubsets(
  draws: JointDraws,
  statistic: (query: number, subsetCounts: Int32Array) => number,
): ResampledStatistic {
  const { resamples, subsets, queries, subsetCounts } = draws;
  const once = new Int32Array(subsets).fill(1);
  const perQuery = Float64Array.from({ length: queries }, (_, query) => statistic(query, once));
  const resampled = new Float64Array(resamples * queries);
  for (let b = 0; b < resamples; b++) {
    const counts = subsetCounts.subarray(b * subsets, (b + 1) * subsets);
    for (let query = 0; query < queries; query++) resampled[b * queries + query] = statistic(query, counts);
  }
  return { perQuery, resampled };
}

/** The rank order of every column of a [subsets × queries] matrix. */
export function columnOrders(
  matrix: Float64Array,
  { subsets, queries }: Pick<JointDraws, 'subsets' | 'queries'>,
): RankOrder[] {
  requireLength('columnOrders', 'the matrix', matrix, subsets * queries);
  return Array.from({ length: queries }, (_, query) =>
    rankOrder(Float64Array.from({ length: subsets }, (_, j) => matrix[j * queries + query])),
  );
}

/** The statistic a − b, paired by query and draw. */
export function difference(a: ResampledStatistic, b: ResampledStatistic): ResampledStatistic {
  requireLength('difference', 'the second statistic', b.resampled, a.resampled.length);
  return { perQuery: minus(a.perQuery, b.perQuery), resampled: minus(a.resampled, b.resampled) };
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i] - b[i];
  return result;
}

/**
 * Draws of the mean over queries whose plain percentiles are an interval for the mean that a fresh draw of as many
 * subsets and queries would have on average; they are centred on the observed mean. [resamples]
 *
 * Averaging the statistic over both resampled subsets and resampled queries counts the noise that belongs to one query
 * on one subset three times (Owen 2007), which makes intervals far too wide, and duplicates in a resample pull a rank
 * correlation towards 0. So: subsets are resampled with all queries in place; the spread of the per-query values is
 * split into what subset noise explains (measured by the draws) and what is left for the queries themselves, and only
 * the latter is resampled; draws are centred; the scale is that of Student's t with Satterthwaite's degrees of freedom.
 * Simulations in the tests show the coverage.
 * @param statistic with an empty `resampled` (values that do not come from subsets) only queries are resampled
 */
export function drawsOfMean(statistic: ResampledStatistic, draws: JointDraws): Float64Array {
  const { centre, subsetPart, shrink, standardError, freedom } = partsOfMean(statistic, draws);
  const { perQuery } = statistic;
  const { resamples, queries, queryCounts } = draws;
  const moved = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    let queryPart = 0;
    for (let query = 0; query < queries; query++)
      queryPart += (queryCounts[b * queries + query] - 1) * (perQuery[query] - centre);
    moved[b] = subsetPart[b] + (shrink * queryPart) / queries;
  }

  const spread = Math.sqrt(variance(moved));
  if (spread === 0) return moved.fill(centre);
  const scale = (standardError / spread) * studentOverNormal(freedom);
  const movedMean = mean(moved);
  return moved.map((value) => centre + scale * (value - movedMean));
}

/** How far a mean over queries would move with a fresh draw of as many subsets and queries. */
export interface SpreadOfMean {
  readonly standardError: number;
  /** Degrees of freedom that the standard error is known with, by Satterthwaite's formula. */
  readonly freedom: number;
}

/** The standard error behind {@link drawsOfMean}, for tests that need tails beyond the percentiles of the draws. */
export function spreadOfMean(statistic: ResampledStatistic, draws: JointDraws): SpreadOfMean {
  const { standardError, freedom } = partsOfMean(statistic, draws);
  return { standardError, freedom };
}

/**
 * What {@link spreadOfMean} would be on another number of subsets, with the same queries: noise of subsets falls in proportion
 * to their number, and at `Infinity` only what queries differ by is left.
 */
export function spreadBySubsets(statistic: ResampledStatistic, draws: JointDraws): (subsets: number) => SpreadOfMean {
  const parts = partsOfMean(statistic, draws);
  return (subsets) => {
    const share = draws.subsets === 0 ? 1 : draws.subsets / subsets;
    return combined({
      subsetVariance: parts.subsetVariance * share,
      queryVariance: parts.queryVariance,
      ownNoise: parts.ownNoise * share,
      subsets,
      queries: draws.queries,
    });
  };
}

interface PartsOfMean extends SpreadOfMean {
  /** The observed mean. */
  readonly centre: number;
  /** Mean over all queries on the subsets of each draw, [resamples]. */
  readonly subsetPart: Float64Array;
  /** Factor that leaves in deviations between queries only what is not noise of the subsets. */
  readonly shrink: number;
  /** Variance of the mean that comes of the subsets. */
  readonly subsetVariance: number;
  /** Variance between queries, noise of the subsets left out, and what that noise is in one query alone. */
  readonly queryVariance: number;
  readonly ownNoise: number;
}

/** Intervals, tests and shares of the ceiling all ask for the parts of the same statistics. */
const partsKnown = new WeakMap<ResampledStatistic, { readonly draws: JointDraws; readonly parts: PartsOfMean }>();

function partsOfMean(statistic: ResampledStatistic, draws: JointDraws): PartsOfMean {
  const known = partsKnown.get(statistic);
  if (known?.draws === draws) return known.parts;
  const parts = findParts(statistic, draws);
  partsKnown.set(statistic, { draws, parts });
  return parts;
}

function findParts({ perQuery, resampled }: ResampledStatistic, draws: JointDraws): PartsOfMean {
  const { resamples, subsets, queries } = draws;
  const fromSubsets = resampled.length > 0;
  requireLength('drawsOfMean', 'the statistic per query', perQuery, queries);
  requireFinite('drawsOfMean', 'the statistic per query', perQuery);
  if (fromSubsets) requireLength('drawsOfMean', 'the resampled statistic', resampled, resamples * queries);
  const subsetPart = fromSubsets ? rowMeans(resampled, resamples, queries) : new Float64Array(resamples);
  const sharedNoise = variance(subsetPart);
  const subsetVariance = (sharedNoise * subsets) / Math.max(1, subsets - 1);
  const ownNoise = fromSubsets ? queryNoise(resampled, resamples, queries, sharedNoise) : 0;
  const { variance: queryVariance, shrink } = signalOf(perQuery, ownNoise);
  return {
    centre: mean(perQuery),
    subsetPart,
    shrink,
    subsetVariance,
    queryVariance,
    ownNoise,
    ...combined({ subsetVariance, queryVariance, ownNoise, subsets, queries }),
  };
}

/** Variance of the subsets plus that of the queries, with Satterthwaite's degrees of freedom. */
function combined({
  subsetVariance,
  queryVariance,
  ownNoise,
  subsets,
  queries,
}: Pick<PartsOfMean, 'subsetVariance' | 'queryVariance' | 'ownNoise'> &
  Pick<JointDraws, 'subsets' | 'queries'>): SpreadOfMean {
  const total = subsetVariance + queryVariance / queries;
  const freedom =
    total ** 2 /
    (subsetVariance ** 2 / Math.max(1, subsets - 1) +
      ((queryVariance + ownNoise) / queries) ** 2 / Math.max(1, queries - 1));
  return { standardError: Math.sqrt(total), freedom };
}

/** The central interval that holds a share `level` of the draws. */
export function percentileInterval(draws: Float64Array, level: number): { low: number; high: number } {
  if (!(level > 0 && level < 1))
    throw new BenchError({
      code: 'NUMERICS_LEVEL',
      place: 'percentileInterval',
      message: `the level is ${level}`,
      next: 'pass a share between 0 and 1, e.g. 0.95',
    });
  const [low, high] = quantile(Array.from(draws), [(1 - level) / 2, (1 + level) / 2]);
  return { low, high };
}

/** How far values spread beyond noise of a known variance: that variance, and the factor that shrinks deviations to it. */
export function signalOf(values: Float64Array, noiseVariance: number): { variance: number; shrink: number } {
  const observed = variance(values);
  const signal = Math.max(0, observed - noiseVariance);
  return { variance: signal, shrink: observed === 0 ? 0 : Math.sqrt(signal / observed) };
}

/** Unbiased sample variance; 0 for fewer than two values. */
function variance(values: Float64Array): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return sum / (values.length - 1);
}

function rowMeans(matrix: Float64Array, rows: number, cols: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) => mean(matrix.subarray(r * cols, (r + 1) * cols)));
}

/** Mean over queries of the variance over draws, less the mean covariance between queries: noise that averages out. */
function queryNoise(resampled: Float64Array, resamples: number, queries: number, shared: number): number {
  if (queries < 2) return 0;
  const means = new Float64Array(queries);
  for (let b = 0; b < resamples; b++)
    for (let query = 0; query < queries; query++) means[query] += resampled[b * queries + query] / resamples;
  let squares = 0;
  for (let b = 0; b < resamples; b++)
    for (let query = 0; query < queries; query++) squares += (resampled[b * queries + query] - means[query]) ** 2;
  const average = squares / (resamples - 1) / queries;
  return Math.max(0, (average - shared) * (queries / (queries - 1)));
}

/** 97.5 % quantile of Student's t over that of the normal (expansion of Fisher and Cornish in 1 / degrees of freedom). */
function studentOverNormal(freedom: number): number {
  const z = 1.959963984540054;
  const n = Math.max(2, freedom);
  return (
    1 +
    (z ** 2 + 1) / (4 * n) +
    (5 * z ** 4 + 16 * z ** 2 + 3) / (96 * n ** 2) +
    (3 * z ** 6 + 19 * z ** 4 + 17 * z ** 2 - 15) / (384 * n ** 3)
  );
}

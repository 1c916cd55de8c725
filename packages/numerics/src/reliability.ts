import { requireCount, requireLength } from './errors.js';
import { mean, type RankOrder, resampleOf, weightedSpearman } from './rank.js';
import { columnOrders, drawsOfMean, type JointDraws, resampleSubsets, signalOf } from './resampling.js';

export interface CeilingShape {
  readonly subsets: number;
  readonly retrainSeeds: number;
  readonly queries: number;
}

/** The rank correlation that perfect knowledge of the effect of the subsets would reach, given noise of retraining. */
export interface NoiseCeiling {
  /** Mean over queries. */
  readonly value: number;
  /** [queries], less the part of their spread that is noise of the estimate. */
  readonly perQuery: Float64Array;
  /** Mean correlation of two single retrainings across subsets. */
  readonly reliabilityOfOne: number;
  /** Draws of `value` by the given bootstrap draws, [resamples]; their percentiles are its interval. */
  readonly draws?: Float64Array;
}

/**
 * Noise ceiling of a truth whose outputs are averaged over R ≥ 2 retraining seeds; undefined with one seed.
 *
 * For every query the mean rank correlation across subsets between two seeds estimates the reliability of one
 * retraining; Spearman-Brown gives that of the mean of R, and its square root is the correlation of the noise-free
 * effect with that mean (Spearman 1910, Brown 1910). Rank correlations are taken to those of normal variables and back
 * (Pearson 1907), with the bias of a sample of that many subsets (Hoeffding 1948). The square root of noisy estimates
 * would come out too low, so the estimates of the queries are first shrunk to their mean by as much as their noise (by
 * the jackknife over subsets) accounts for their spread.
 * @param outputs [subsets × retrainSeeds × queries]
 * @param draws bootstrap draws over the same subsets and queries, for an interval
 */
export function noiseCeiling(
  outputs: ArrayLike<number>,
  shape: CeilingShape,
  draws?: JointDraws,
): NoiseCeiling | undefined {
  const { subsets, retrainSeeds, queries } = shape;
  requireCount('noiseCeiling', 'subsets', subsets, 3);
  requireCount('noiseCeiling', 'queries', queries, 1);
  requireLength('noiseCeiling', 'the outputs', outputs, subsets * retrainSeeds * queries);
  if (retrainSeeds < 2) return undefined;
  const agreement = seedAgreement(outputs, shape);
  const ceilings = (perQuery: Float64Array, shift: number): Float64Array =>
    perQuery.map((value) =>
      rankCorrelationOf(Math.sqrt(spearmanBrown(normalCorrelationOf(value + shift, subsets), retrainSeeds)), subsets),
    );

  const perQuery = shrunken(agreement, shape);
  const values = ceilings(perQuery, 0);
  const ceiling = {
    value: mean(values),
    perQuery: values,
    reliabilityOfOne: mean(perQuery.map((value) => normalCorrelationOf(value, subsets))),
  };
  if (draws === undefined) return ceiling;
  const centre = mean(perQuery);
  const meanDraws = drawsOfMean(resampleSubsets(draws, agreement), draws);
  return { ...ceiling, draws: meanDraws.map((draw) => mean(ceilings(perQuery, draw - centre))) };
}

/** Mean Spearman correlation over pairs of seeds of a query's outputs, on subsets occurring `counts` times. */
function seedAgreement(
  outputs: ArrayLike<number>,
  { subsets, retrainSeeds, queries }: CeilingShape,
): (query: number, counts: Int32Array) => number {
  const orders: RankOrder[][] = Array.from({ length: retrainSeeds }, (_, seed) => {
    const matrix = new Float64Array(subsets * queries);
    for (let j = 0; j < subsets; j++) {
      for (let query = 0; query < queries; query++)
        matrix[j * queries + query] = outputs[(j * retrainSeeds + seed) * queries + query];
    }
    return columnOrders(matrix, { subsets, queries });
  });
  const scratch = new Float64Array(subsets);
  return (query, counts) => {
    const resample = resampleOf(counts);
    let sum = 0;
    for (let a = 0; a < retrainSeeds; a++) {
      for (let b = 0; b < a; b++) sum += weightedSpearman(orders[a][query], orders[b][query], resample, scratch) ?? 0;
    }
    return sum / ((retrainSeeds * (retrainSeeds - 1)) / 2);
  };
}

/** Agreement of every query, moved towards the mean so that its spread over queries is that of the true agreement. */
function shrunken(
  agreement: (query: number, counts: Int32Array) => number,
  { subsets, queries }: CeilingShape,
): Float64Array {
  const counts = new Int32Array(subsets).fill(1);
  const values = Float64Array.from({ length: queries }, (_, query) => agreement(query, counts));
  let noise = 0;
  for (let query = 0; query < queries; query++) {
    const without = Float64Array.from({ length: subsets }, (_, j) => {
      counts[j] = 0;
      const value = agreement(query, counts);
      counts[j] = 1;
      return value;
    });
    const centre = mean(without);
    for (const value of without) noise += ((subsets - 1) / subsets) * (value - centre) ** 2;
  }
  const centre = mean(values);
  const { shrink } = signalOf(values, noise / queries);
  return values.map((value) => centre + shrink * (value - centre));
}

/** Reliability of the mean of `count` parallel measurements from that of one; a negative one counts as 0. */
export function spearmanBrown(reliabilityOfOne: number, count: number): number {
  const single = Math.max(0, reliabilityOfOne);
  return (count * single) / (1 + (count - 1) * single);
}

/** Expected Spearman correlation of a sample of normal pairs with correlation `correlation`. */
export function rankCorrelationOf(correlation: number, sampleSize: number): number {
  const population = (6 / Math.PI) * Math.asin(correlation / 2);
  const tau = (2 / Math.PI) * Math.asin(correlation);
  return population + (3 * (tau - population)) / (sampleSize + 1);
}

/** Inverse of {@link rankCorrelationOf}, by bisection. */
function normalCorrelationOf(rankCorrelation: number, sampleSize: number): number {
  let [low, high] = [-1, 1];
  if (rankCorrelation >= rankCorrelationOf(high, sampleSize)) return high;
  if (rankCorrelation <= rankCorrelationOf(low, sampleSize)) return low;
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (rankCorrelationOf(middle, sampleSize) < rankCorrelation) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

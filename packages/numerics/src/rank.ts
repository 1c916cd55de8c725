import { requireFinite, requireLength, shapeError } from './errors.js';

/** The elements of a sample in ascending order, sorted once, from which the ranks of any resample follow in O(m). */
export interface RankOrder {
  /** Indices of the elements, ascending by value. */
  readonly order: Int32Array;
  /** 1 at the last of each run of equal values, by position in `order`. */
  readonly lastOfTie: Uint8Array;
}

/** Sorts a sample. Throws `NUMERICS_NOT_FINITE` on NaN; infinities have a rank like any other value. */
export function rankOrder(values: ArrayLike<number>): RankOrder {
  const size = values.length;
  const order = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    if (Number.isNaN(values[i])) requireFinite('rankOrder', 'the sample', values);
    order[i] = i;
  }
  order.sort((i, j) => (values[i] < values[j] ? -1 : values[i] > values[j] ? 1 : i - j));
  const lastOfTie = new Uint8Array(size);
  for (let p = 0; p < size; p++) lastOfTie[p] = p + 1 === size || values[order[p]] !== values[order[p + 1]] ? 1 : 0;
  return { order, lastOfTie };
}

/** Ranks from 1, equal values sharing the mean of their ranks. */
export function midranks(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const size = values.length;
  const ones = new Int32Array(size).fill(1);
  const ranks = new Float64Array(size);
  centredRanks(rankOrder(values), ones, size, ranks);
  for (let i = 0; i < size; i++) ranks[i] = (ranks[i] + size + 1) / 2;
  return ranks;
}

/**
 * Writes twice the midrank less its mean, an integer, of every element in the resample of `total` elements that holds
 * element i `counts[i]` times; returns the sum of their squares over the resample.
 */
function centredRanks({ order, lastOfTie }: RankOrder, counts: Int32Array, total: number, out: Float64Array): number {
  let before = 0;
  let squares = 0;
  for (let first = 0; first < order.length; ) {
    let tied = counts[order[first]];
    let next = first + 1;
    for (; lastOfTie[next - 1] === 0; next++) tied += counts[order[next]];
    const rank = 2 * before + tied - total;
    for (; first < next; first++) out[order[first]] = rank;
    squares += tied * rank * rank;
    before += tied;
  }
  return squares;
}

/** Pearson's correlation in float64, by deviations from the means; undefined when a sample is constant or empty. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  requireLength('pearson', 'the second sample', y, x.length);
  requireFinite('pearson', 'the first sample', x);
  requireFinite('pearson', 'the second sample', y);
  if (isConstant(x) || isConstant(y)) return undefined;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [sxx, syy, sxy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i] - meanX, y[i] - meanY];
    sxx += dx * dx;
    syy += dy * dy;
    sxy += dx * dy;
  }
  return correlation(sxx, syy, sxy);
}

/** Spearman's rank correlation with midranks for ties; undefined when a sample is constant or empty. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  requireLength('spearman', 'the second sample', y, x.length);
  return resampledSpearman(rankOrder(x), rankOrder(y), new Int32Array(x.length).fill(1));
}

/**
 * Spearman's correlation of the resample that holds pair i `counts[i]` times: exactly that of the resample written out
 * and ranked anew, since all its sums are sums of integers. Undefined when either side of the resample is constant.
 */
export function resampledSpearman(x: RankOrder, y: RankOrder, counts: Int32Array): number | undefined {
  const size = x.order.length;
  requireLength('resampledSpearman', 'the second sample', y.order, size);
  requireLength('resampledSpearman', 'counts', counts, size);
  let total = 0;
  for (let i = 0; i < size; i++) total += counts[i];
  return weightedSpearman(x, y, counts, total, new Float64Array(size));
}

/** {@link resampledSpearman} without checks and allocations, for inner loops; `scratch` holds one number a pair. */
export function weightedSpearman(
  x: RankOrder,
  y: RankOrder,
  counts: Int32Array,
  total: number,
  scratch: Float64Array,
): number | undefined {
  const sxx = centredRanks(x, counts, total, scratch);
  const { order, lastOfTie } = y;
  let [before, syy, sxy] = [0, 0, 0];
  for (let p = 0; p < order.length; ) {
    let tied = counts[order[p]];
    let sumX = tied * scratch[order[p]];
    for (p++; lastOfTie[p - 1] === 0; p++) {
      const count = counts[order[p]];
      tied += count;
      sumX += count * scratch[order[p]];
    }
    const rank = 2 * before + tied - total;
    sxy += sumX * rank;
    syy += tied * rank * rank;
    before += tied;
  }
  return sxx === 0 || syy === 0 ? undefined : correlation(sxx, syy, sxy);
}

/** Kendall's tau-b (ties on either side lower its denominator), by comparing all pairs; undefined for a constant sample. */
export function kendall(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  requireLength('kendall', 'the second sample', y, x.length);
  const [ranksX, ranksY] = [midranks(x), midranks(y)];
  let [agreement, untiedX, untiedY] = [0, 0, 0];
  for (let i = 0; i < ranksX.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [Math.sign(ranksX[i] - ranksX[j]), Math.sign(ranksY[i] - ranksY[j])];
      agreement += a * b;
      untiedX += a * a;
      untiedY += b * b;
    }
  }
  return untiedX === 0 || untiedY === 0 ? undefined : correlation(untiedX, untiedY, agreement);
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half (Mann-Whitney with
 * midranks). Undefined without a positive or without a negative.
 * @param positive non-zero marks a positive
 */
export function rocAuc(scores: ArrayLike<number>, positive: ArrayLike<number>): number | undefined {
  requireLength('rocAuc', 'the labels', positive, scores.length);
  const ranks = midranks(scores);
  let [positives, rankSum] = [0, 0];
  for (let i = 0; i < ranks.length; i++) {
    if (positive[i] === 0) continue;
    positives++;
    rankSum += ranks[i];
  }
  const negatives = ranks.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Arithmetic mean, summed in order; throws on an empty sample. */
export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) throw shapeError('mean', 'an empty sample has no mean');
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

/** Rounding can leave a perfect correlation a hair outside [-1, 1]. */
function correlation(sxx: number, syy: number, sxy: number): number {
  return Math.max(-1, Math.min(1, sxy / (Math.sqrt(sxx) * Math.sqrt(syy))));
}

import { requireFinite, requireLength, shapeError } from './errors.js';

/** The elements of a sample in ascending order, sorted once, from which the ranks of any resample follow in O(m). */
export interface RankOrder {
  /** Indices of the elements, ascending by value. */
  readonly order: Int32Array;
  /** 1 at the last of each run of equal values, by position in `order`. */
  readonly lastOfTie: Uint8Array;
  /** Whether any two values are equal. */
  readonly tied: boolean;
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
  return { order, lastOfTie, tied: lastOfTie.includes(0) };
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
  const [dx, dy] = [scaledDeviations(x), scaledDeviations(y)];
  let [sxx, syy, sxy] = [0, 0, 0];
  for (let i = 0; i < dx.length; i++) {
    sxx += dx[i] * dx[i];
    syy += dy[i] * dy[i];
    sxy += dx[i] * dy[i];
  }
  return correlation(sxx, syy, sxy);
}

/** Deviations from the mean over the largest of them, so that their squares neither overflow nor vanish. */
function scaledDeviations(values: ArrayLike<number>): Float64Array {
  const centre = mean(values);
  const deviations = Float64Array.from(values, (value) => value - centre);
  const largest = deviations.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return deviations.map((value) => value / largest);
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
  return correlateWith(countedRanks(x, counts, total, scratch), y);
}

/** The ranks of one side of a resample, to correlate any number of others with. */
export interface CountedRanks {
  readonly counts: Int32Array;
  readonly total: number;
  /** Doubled centred midrank × count, by element. */
  readonly ranks: Float64Array;
  /** Sum of squared doubled centred midranks over the resample; the same for a side whose only ties are copies. */
  readonly squares: number;
  readonly untiedSquares: number;
}

/** Ranks the resample of `total` elements that holds element i `counts[i]` times, into `scratch`. */
export function countedRanks(order: RankOrder, counts: Int32Array, total: number, scratch: Float64Array): CountedRanks {
  const squares = centredRanks(order, counts, total, scratch);
  for (let i = 0; i < scratch.length; i++) scratch[i] *= counts[i];
  const untiedSquares = order.tied ? squaresOfCopies(counts, total) : squares;
  return { counts, total, ranks: scratch, squares, untiedSquares };
}

/** Spearman's correlation of a ranked resample with the same resample of another side; undefined when one is constant. */
export function correlateWith(
  { counts, total, ranks, squares, untiedSquares }: CountedRanks,
  { order, lastOfTie, tied }: RankOrder,
): number | undefined {
  const size = order.length;
  let [before, ownSquares, products] = [0, 0, 0];
  if (tied) {
    for (let p = 0; p < size; ) {
      let [run, sum] = [0, 0];
      do {
        run += counts[order[p]];
        sum += ranks[order[p]];
      } while (lastOfTie[p++] === 0);
      const rank = 2 * before + run - total;
      products += sum * rank;
      ownSquares += run * rank * rank;
      before += run;
    }
  } else {
    let upTo = -total;
    for (let p = 0; p < size; p++) {
      const count = counts[order[p]];
      products += ranks[order[p]] * (upTo + count);
      upTo += 2 * count;
    }
    ownSquares = untiedSquares;
  }
  return squares === 0 || ownSquares === 0 ? undefined : correlation(squares, ownSquares, products);
}

/** Sum of squared doubled centred midranks when copies are the only ties: it does not depend on the order. */
function squaresOfCopies(counts: Int32Array, total: number): number {
  let sum = total ** 3 - total;
  for (const count of counts) sum -= count ** 3 - count;
  return sum / 3;
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

/** The root of the product is exact for equal squares; rounding can leave others a hair outside [-1, 1]. */
function correlation(sxx: number, syy: number, sxy: number): number {
  return Math.max(-1, Math.min(1, sxy / Math.sqrt(sxx * syy)));
}

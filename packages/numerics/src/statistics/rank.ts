import { requireFinite, requireLength, shapeError } from '../errors.js';

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
  const ranks = new Float64Array(size);
  weightedRanks(rankOrder(values), resampleOf(new Int32Array(size).fill(1)), ranks);
  return ranks.map((rank) => (rank + size + 1) / 2);
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
 * and ranked again, since all its sums are sums of integers. Undefined when either side of the resample is constant.
 */
export function resampledSpearman(x: RankOrder, y: RankOrder, counts: Int32Array): number | undefined {
  const size = x.order.length;
  requireLength('resampledSpearman', 'the second sample', y.order, size);
  requireLength('resampledSpearman', 'counts', counts, size);
  return weightedSpearman(x, y, resampleOf(counts), new Float64Array(size));
}

/** {@link resampledSpearman} without checks and allocations, for inner loops; `scratch` holds one number per pair. */
export function weightedSpearman(
  x: RankOrder,
  y: RankOrder,
  resample: Resample,
  scratch: Float64Array,
): number | undefined {
  return correlateRanks(scratch, weightedRanks(x, resample, scratch), y, resample);
}

/** A sample in which element i occurs `counts[i]` times. */
export interface Resample {
  readonly counts: Int32Array;
  /** Sum of the counts. */
  readonly total: number;
  /** Sum of squared centred ranks, doubled, of any sample in which copies are the only ties. */
  readonly untiedSquares: number;
}

export function resampleOf(counts: Int32Array): Resample {
  let [total, cubes] = [0, 0];
  for (let i = 0; i < counts.length; i++) {
    total += counts[i];
    cubes += counts[i] ** 3 - counts[i];
  }
  return { counts, total, untiedSquares: (total ** 3 - total - cubes) / 3 };
}

/**
 * Writes count × twice the midrank less its mean, of every element in the resample: whole numbers. Returns the sum of
 * the squared doubled ranks over the resample.
 */
export function weightedRanks(
  { order, lastOfTie, tied }: RankOrder,
  { counts, total, untiedSquares }: Resample,
  out: Float64Array,
): number {
  if (!tied) {
    let upTo = -total;
    for (let p = 0; p < order.length; p++) {
      const i = order[p];
      const count = counts[i];
      out[i] = count * (upTo + count);
      upTo += 2 * count;
    }
    return untiedSquares;
  }
  let [upTo, squares] = [-total, 0];
  for (let first = 0; first < order.length; ) {
    let next = first;
    let run = 0;
    do run += counts[order[next]];
    while (lastOfTie[next++] === 0);
    const rank = upTo + run;
    for (; first < next; first++) out[order[first]] = counts[order[first]] * rank;
    squares += run * rank * rank;
    upTo += 2 * run;
  }
  return squares;
}

/** Spearman's correlation of a side ranked by {@link weightedRanks} with another; undefined when one is constant. */
export function correlateRanks(
  ranks: Float64Array,
  squares: number,
  { order, lastOfTie, tied }: RankOrder,
  { counts, total, untiedSquares }: Resample,
): number | undefined {
  let [upTo, products, ownSquares] = [-total, 0, untiedSquares];
  if (!tied) {
    for (let p = 0; p < order.length; p++) {
      const i = order[p];
      const count = counts[i];
      products += ranks[i] * (upTo + count);
      upTo += 2 * count;
    }
  } else {
    ownSquares = 0;
    for (let p = 0; p < order.length; ) {
      let [run, sum] = [0, 0];
      do {
        run += counts[order[p]];
        sum += ranks[order[p]];
      } while (lastOfTie[p++] === 0);
      const rank = upTo + run;
      products += sum * rank;
      ownSquares += run * rank * rank;
      upTo += 2 * run;
    }
  }
  return squares === 0 || ownSquares === 0 ? undefined : correlation(squares, ownSquares, products);
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

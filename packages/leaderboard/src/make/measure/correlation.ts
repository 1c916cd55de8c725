import {
  columnOrders,
  type JointDraws,
  type ResampledStatistic,
  resampledSpearman,
  resampleSpearman,
  resampleSubsets,
} from '@attribution-bench/numerics';

export type Statistic = 'spearman' | 'pearson';
type Sizes = Pick<JointDraws, 'subsets' | 'queries'>;

/** Correlations over subsets of several matrices of predictions with the outcomes, all [subsets × queries]. */
export function resampleCorrelation(
  statistic: Statistic,
  predictions: readonly Float64Array[],
  outcomes: Float64Array,
  draws: JointDraws,
): ResampledStatistic[] {
  if (statistic === 'spearman') return resampleSpearman(predictions, outcomes, draws);
  return predictions.map((matrix) => resampleSubsets(draws, correlationOf(statistic, matrix, outcomes, draws)));
}

/** Correlation of a query when each subset occurs `counts` times; 0 where it is undefined. */
export function correlationOf(
  statistic: Statistic,
  predictions: Float64Array,
  outcomes: Float64Array,
  sizes: Sizes,
): (query: number, counts: Int32Array) => number {
  if (statistic === 'spearman') {
    const [x, y] = [columnOrders(predictions, sizes), columnOrders(outcomes, sizes)];
    return (query, counts) => resampledSpearman(x[query], y[query], counts) ?? 0;
  }
  const [x, y] = [centredColumns(predictions, sizes), centredColumns(outcomes, sizes)];
  return (query, counts) => weightedPearson(x[query], y[query], counts);
}

/** Columns less their means: sums of squares of a resample then lose no digits to a large common part. */
function centredColumns(matrix: Float64Array, { subsets, queries }: Sizes): Float64Array[] {
  return Array.from({ length: queries }, (_, query) => {
    const column = Float64Array.from({ length: subsets }, (_, s) => matrix[s * queries + query]);
    const mean = column.reduce((sum, value) => sum + value, 0) / subsets;
    return column.map((value) => value - mean);
  });
}

/** Share of a sum of squares below which what is left of it after centring is rounding. */
const rounding = 1e-14;

function weightedPearson(x: Float64Array, y: Float64Array, counts: Int32Array): number {
  let [total, sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i];
    total += count;
    sumX += count * x[i];
    sumY += count * y[i];
    sumXX += count * x[i] * x[i];
    sumYY += count * y[i] * y[i];
    sumXY += count * x[i] * y[i];
  }
  const squaresX = sumXX - (sumX * sumX) / total;
  const squaresY = sumYY - (sumY * sumY) / total;
  if (!(squaresX > rounding * sumXX && squaresY > rounding * sumYY)) return 0;
  const correlation = (sumXY - (sumX * sumY) / total) / Math.sqrt(squaresX * squaresY);
  return Math.max(-1, Math.min(1, correlation));
}

/** How the mean over queries develops as subsets are added: on the first so many of them. */
export function growthOf(
  correlate: (query: number, counts: Int32Array) => number,
  { subsets, queries }: Sizes,
): Growth {
  return growthSizes(subsets).map((size) => {
    const counts = new Int32Array(subsets).fill(1, 0, size);
    let sum = 0;
    for (let query = 0; query < queries; query++) sum += correlate(query, counts);
    return { subsets: size, value: sum / queries };
  });
}

export type Growth = readonly { readonly subsets: number; readonly value: number }[];

/** Up to eight evenly spread sizes, none so small that a correlation is mostly noise, the last one all subsets. */
function growthSizes(subsets: number): number[] {
  const steps = 8;
  const sizes = Array.from({ length: steps }, (_, i) => Math.round((subsets * (i + 1)) / steps));
  return [...new Set(sizes.filter((size) => size >= Math.min(8, subsets)))];
}

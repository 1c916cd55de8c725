import { requireCount, requireLength } from '../errors.js';
import { fitShapes, fittedCount } from './fit-shapes.js';
import { mean } from './rank.js';
import { type JointDraws, type ResampledStatistic, signalOf } from './resampling.js';
import { type CeilingShape, type SeedStatistics, seedStatistics, statisticCount } from './seed-statistics.js';
import { expectedCeiling, expectedStatistics, type NoisyEffect } from './shaped-agreement.js';
import { type Shape, shapeOfMean } from './shaped-variable.js';

export type { CeilingShape } from './seed-statistics.js';

/** The correlation that perfect knowledge of the effect of the subsets would reach, given noise of retraining. */
export interface NoiseCeiling {
  /** Mean over queries. */
  readonly value: number;
  /** [queries], less the part of their spread that is noise of the estimate. */
  readonly perQuery: Float64Array;
  /** Mean correlation of two single retrainings across subsets. */
  readonly agreement: number;
  /** The ceiling of every query, linear in what subsets add to it: its spread over the given draws is that of `value`. */
  readonly statistic?: ResampledStatistic;
  /** Variance that `value` has besides, since shapes of effect and noise are known no better. */
  readonly shapeVariance: number;
}

/**
 * Noise ceiling of a truth whose outputs are averaged over R ≥ 2 retraining seeds; undefined with one seed.
 *
 * The product-moment correlation needs no assumption but that noise is independent of effect and seed: the correlation r of
 * two seeds is the reliability of one, Spearman-Brown's R r / (1 + (R - 1) r) that of the mean, and its root the
 * correlation of the noise-free effect with that mean (Spearman 1910, Brown 1910). How rank correlations follow from
 * reliabilities depends on the shapes of effect and noise: they are fitted to L-moments and L-comoments of the seeds
 * ({@link fitShapes}), and both correlations come from the fitted distributions by quadrature, with the bias of a sample of
 * that many subsets (Hoeffding 1948). The square root of noisy estimates would come out too low, so the estimates of the
 * queries are first shrunk to their mean by as much as their noise (by the jackknife over subsets) accounts for their
 * spread.
 * @param outputs [subsets × retrainSeeds × queries]
 * @param draws bootstrap draws over the same subsets and queries, for an interval
 */
export function noiseCeiling(
  outputs: ArrayLike<number>,
  shape: CeilingShape,
  correlation: 'spearman' | 'pearson',
  draws?: JointDraws,
): NoiseCeiling | undefined {
  const { subsets, retrainSeeds, queries } = shape;
  requireCount('noiseCeiling', 'subsets', subsets, 6);
  requireCount('noiseCeiling', 'queries', queries, 1);
  requireLength('noiseCeiling', 'the outputs', outputs, subsets * retrainSeeds * queries);
  if (retrainSeeds < 2) return undefined;
  const statistics = seedStatistics(outputs, shape);
  const measured = correlation === 'spearman' ? 0 : statisticCount - 1;
  const column = Float64Array.from({ length: queries }, (_, q) => statistics.values[q * statisticCount + measured]);
  const agreement = mean(column);
  const { curve, coefficients, shapeVariance, bias } =
    correlation === 'spearman' ? rankCurve(statistics, shape) : productCurve(statistics, shape);

  const { noise, error } = errorOfMean(statistics, measured, shape);
  const centre = mean(column);
  const { shrink } = signalOf(column, noise);
  const shrunken = column.map((value) => centre + shrink * (value - centre));
  const shifted = (by: number) => mean(shrunken.map((own) => ceilingAt(curve, own + by)));
  const reach = Math.max(1e-4, error);
  coefficients[measured] += (shifted(reach) - shifted(-reach)) / (2 * reach);
  const plain = shifted(0);
  const correction = plain === 0 ? 0 : Math.max(-mostCorrection * plain, Math.min(mostCorrection * plain, bias));
  const perQuery = shrunken.map((own) => Math.max(0, Math.min(1, ceilingAt(curve, own) - correction)));
  const value = mean(perQuery);
  return {
    value,
    perQuery,
    agreement,
    shapeVariance,
    ...(draws === undefined ? {} : { statistic: linearStatistic(value, statistics, coefficients, draws) }),
  };
}

/** Share of a ceiling that it is corrected by at most: beyond it, a correction from noisy estimates says nothing. */
const mostCorrection = 0.1;

/** Reliability of the mean of `count` parallel measurements from that of one; a negative one counts as 0. */
export function spearmanBrown(reliabilityOfOne: number, count: number): number {
  const single = Math.max(0, reliabilityOfOne);
  return (count * single) / (1 + (count - 1) * single);
}

/** What two seeds agree by and what the ceiling is, at one reliability of one seed. */
interface CurvePoint {
  readonly agreement: number;
  readonly ceiling: number;
}

/** Ceilings by agreement, from points that are computed when they are needed. */
type Curve = (node: number) => CurvePoint;

/** Nodes of a curve are evenly spaced in the root of the reliability, on which both of its sides are smooth. */
const lastNode = 32;

function curveOf(point: (reliability: number) => CurvePoint): Curve {
  const known = new Map<number, CurvePoint>();
  return (node) => {
    const found = known.get(node) ?? point(Math.min(0.9995, node / lastNode) ** 2);
    known.set(node, found);
    return found;
  };
}

/** Linear in the root of the agreement between the nodes. */
function ceilingAt(curve: Curve, agreement: number): number {
  if (agreement <= 0) return 0;
  if (agreement >= curve(lastNode).agreement) return 1;
  let [below, above] = [0, lastNode];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (curve(middle).agreement < agreement) below = middle;
    else above = middle;
  }
  const [from, to] = [curve(below), curve(above)];
  const root = Math.sqrt(Math.max(0, from.agreement));
  const share = (Math.sqrt(agreement) - root) / (Math.sqrt(to.agreement) - root);
  return from.ceiling + share * (to.ceiling - from.ceiling);
}

interface FittedCurve {
  readonly curve: Curve;
  /** Change of the ceiling by mean statistic, but for the one on which the curve is. */
  readonly coefficients: Float64Array;
  readonly shapeVariance: number;
  /** How much too high ceilings come out since they are curved in noisy statistics. */
  readonly bias: number;
}

/** Product-moment correlations of samples are as much too low as those of normal variables. */
function productCurve(statistics: SeedStatistics, shape: CeilingShape): FittedCurve {
  const { subsets, retrainSeeds, queries } = shape;
  const ofSample = (correlation: number) => correlation * (1 - (1 - correlation ** 2) / (2 * subsets));
  const ceilingOf = (agreement: number) => ofSample(Math.sqrt(spearmanBrown(agreement, retrainSeeds)));
  const agreement = statisticMeans(statistics, queries)[statisticCount - 1];
  const reach = Math.sqrt(covarianceOfMeans(statistics, shape)[statisticCount - 1][statisticCount - 1]);
  return {
    curve: curveOf((reliability) => ({ agreement: ofSample(reliability), ceiling: ceilingOf(reliability) })),
    coefficients: new Float64Array(statisticCount),
    shapeVariance: 0,
    bias: halfSecondDifference((by) => ceilingOf(Math.min(1, agreement + by)), withinReach(reach, agreement)),
  };
}

/** Half of f(x + d) + f(x - d) - 2 f(x): what curvature adds to the mean of f at deviations of that variance. */
function halfSecondDifference(change: (by: number) => number, deviation: { size: number; factor: number }): number {
  const { size, factor } = deviation;
  return (factor * (change(size) + change(-size) - 2 * change(0))) / 2;
}

/** A deviation that leaves an agreement positive, and what the second difference is to be multiplied by for the full one. */
function withinReach(deviation: number, agreement: number): { size: number; factor: number } {
  const size = Math.max(1e-6, Math.min(deviation, 0.4 * agreement));
  return { size, factor: (deviation / size) ** 2 };
}

function rankCurve(statistics: SeedStatistics, shape: CeilingShape): FittedCurve {
  const { subsets, retrainSeeds } = shape;
  const means = statisticMeans(statistics, shape.queries);
  const covariance = covarianceOfMeans(statistics, shape).slice(0, fittedCount);
  const fitted = fitShapes(
    means,
    covariance.map((row) => row.slice(0, fittedCount)),
  );
  const ofSample = (correlation: number) => sampleRankCorrelation(correlation, subsets);
  const at = ({ reliability, effect, noise }: NoisyEffect, noiseOfMean: Shape): CurvePoint => ({
    agreement: ofSample(expectedStatistics({ reliability, effect, noise })[0]),
    ceiling: ofSample(
      expectedCeiling({ reliability: spearmanBrown(reliability, retrainSeeds), effect, noise: noiseOfMean }),
    ),
  });
  const { effect, noise, gain, unknown } = fitted;
  const noiseOfMean = shapeOfMean(noise, retrainSeeds);

  const h = 1e-3;
  const here = at(fitted, noiseOfMean);
  const moved = (k: number, by: number): CurvePoint => {
    const there = {
      reliability: Math.max(1e-4, Math.min(0.9999, fitted.reliability + (k === 0 ? by : 0))),
      effect: { skew: effect.skew + (k === 1 ? by : 0), logTail: effect.logTail + (k === 2 ? by : 0) },
      noise: { skew: noise.skew + (k === 3 ? by : 0), logTail: noise.logTail + (k === 4 ? by : 0) },
    };
    return at(there, k > 2 ? shapeOfMean(there.noise, retrainSeeds) : noiseOfMean);
  };
  const rise = (k: number): CurvePoint => {
    const there = moved(k, h);
    return { agreement: (there.agreement - here.agreement) / h, ceiling: (there.ceiling - here.ceiling) / h };
  };
  const byReliability = rise(0);
  const slope = byReliability.ceiling / byReliability.agreement;
  const byShape = [1, 2, 3, 4].map(rise).map(({ agreement, ceiling }) => ceiling - slope * agreement);
  const coefficients = new Float64Array(statisticCount);
  let shapeVariance = 0;
  byShape.forEach((weight, k) => {
    for (let m = 0; m < fittedCount; m++) coefficients[m] += weight * gain[k + 1][m];
    byShape.forEach((other, l) => {
      shapeVariance += weight * unknown[k + 1][l + 1] * other;
    });
  });

  // Second differences at constant agreement: a curve is followed back to it along its own slope and curvature.
  const step = withinReach(h * 30, fitted.reliability).size;
  const [up, down] = [moved(0, step), moved(0, -step)];
  const bend = (pick: (point: CurvePoint) => number) => (pick(up) + pick(down) - 2 * pick(here)) / step ** 2;
  const curvature =
    (bend(({ ceiling }) => ceiling) - slope * bend(({ agreement }) => agreement)) / byReliability.agreement ** 2;
  let bias = (curvature * covariance[0][0]) / 2;
  for (const k of [1, 3]) {
    const deviation = Math.sqrt(Math.max(0, quadratic(gain[k], covariance)));
    const size = Math.min(0.3, deviation);
    if (size < 1e-6) continue;
    const level = (by: number) => {
      const { agreement, ceiling } = moved(k, by);
      const gap = here.agreement - agreement;
      return ceiling + slope * gap + (curvature * gap ** 2) / 2;
    };
    bias += halfSecondDifference(level, { size, factor: (deviation / size) ** 2 });
  }
  return {
    curve: curveOf((reliability) => at({ reliability, effect, noise }, noiseOfMean)),
    coefficients,
    shapeVariance: Math.max(0, shapeVariance),
    bias,
  };
}

function quadratic(vector: Float64Array, matrix: readonly Float64Array[]): number {
  return vector.reduce(
    (sum, own, m) => sum + own * vector.reduce((inner, other, k) => inner + matrix[m][k] * other, 0),
    0,
  );
}

/** Expected Spearman correlation of a sample whose population has one, by Kendall's of normal variables (Hoeffding 1948). */
function sampleRankCorrelation(population: number, sampleSize: number): number {
  const tau = (2 / Math.PI) * Math.asin(Math.min(1, 2 * Math.sin((Math.PI / 6) * population)));
  return population + (3 * (tau - population)) / (sampleSize + 1);
}

function statisticMeans({ values }: SeedStatistics, queries: number): Float64Array {
  const means = new Float64Array(statisticCount);
  for (let at = 0; at < values.length; at++) means[at % statisticCount] += values[at] / queries;
  return means;
}

/** Covariance of the means over queries of the statistics: noise of the subsets, and what queries differ by beyond it. */
function covarianceOfMeans({ values, influences }: SeedStatistics, { subsets, queries }: CeilingShape): Float64Array[] {
  const means = statisticMeans({ values, influences }, queries);
  const shared = Array.from({ length: statisticCount }, () => new Float64Array(statisticCount));
  const own = shared.map(() => new Float64Array(fittedCount));
  const between = shared.map(() => new Float64Array(fittedCount));
  for (let j = 0; j < subsets; j++) {
    const row = influences.subarray(j * queries * statisticCount, (j + 1) * queries * statisticCount);
    addOuter(shared, statisticMeans({ values: row, influences }, queries), 1 / (subsets * (subsets - 1)));
    for (let q = 0; q < queries; q++)
      addOuter(own, row.subarray(q * statisticCount), 1 / (subsets * (subsets - 1) * queries));
  }
  for (let q = 0; q < queries; q++) {
    const deviation = Float64Array.from(means, (value, m) => values[q * statisticCount + m] - value);
    addOuter(between, deviation, 1 / Math.max(1, queries - 1));
  }
  const kept = between.map((row, m) => row[m] > own[m][m]);
  return shared.map((row, m) =>
    row.map((value, k) => value + (kept[m] && kept[k] ? (between[m][k] - own[m][k]) / queries : 0)),
  );
}

function addOuter(matrix: readonly Float64Array[], vector: ArrayLike<number>, weight: number): void {
  for (let m = 0; m < matrix.length; m++)
    for (let k = 0; k < matrix.length; k++) matrix[m][k] += weight * vector[m] * vector[k];
}

/** Mean variance over queries of one statistic, and the standard error of its mean, by the jackknife over subsets. */
function errorOfMean(
  { influences }: SeedStatistics,
  statistic: number,
  { subsets, queries }: CeilingShape,
): { noise: number; error: number } {
  let [noise, shared] = [0, 0];
  for (let j = 0; j < subsets; j++) {
    let sum = 0;
    for (let q = 0; q < queries; q++) {
      const influence = influences[(j * queries + q) * statisticCount + statistic];
      noise += influence ** 2 / queries;
      sum += influence / queries;
    }
    shared += sum ** 2;
  }
  const scale = 1 / (subsets * (subsets - 1));
  return { noise: noise * scale, error: Math.sqrt(shared * scale) };
}

function linearStatistic(
  value: number,
  { values, influences }: SeedStatistics,
  coefficients: Float64Array,
  { resamples, subsets, queries, subsetCounts }: JointDraws,
): ResampledStatistic {
  const combine = (from: Float64Array, at: number) => {
    let sum = 0;
    for (let m = 0; m < statisticCount; m++) sum += coefficients[m] * from[at * statisticCount + m];
    return sum;
  };
  const linear = Float64Array.from({ length: queries }, (_, q) => combine(values, q));
  const centre = mean(linear);
  const perQuery = linear.map((own) => value + own - centre);
  const bySubset = Float64Array.from({ length: subsets * queries }, (_, at) => combine(influences, at) / subsets);
  const resampled = new Float64Array(resamples * queries);
  for (let b = 0; b < resamples; b++) {
    const row = resampled.subarray(b * queries, (b + 1) * queries);
    row.set(perQuery);
    for (let j = 0; j < subsets; j++) {
      const extra = subsetCounts[b * subsets + j] - 1;
      if (extra === 0) continue;
      for (let q = 0; q < queries; q++) row[q] += extra * bySubset[j * queries + q];
    }
  }
  return { perQuery, resampled };
}

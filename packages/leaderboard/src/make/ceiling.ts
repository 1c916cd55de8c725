import { type JointDraws, noiseCeiling, type ResampledStatistic } from '@attribution-bench/numerics';
import type { Interval, ShareOfCeiling } from '../board.js';
import type { BoardTask } from '../board-input.js';
import { twoSidedQuantile } from '../statistics/student-t.js';
import type { Statistic } from './measure/correlation.js';
import { intervalOf, type Measurement, spreadOf, type Uncertain } from './measure/measurement.js';

/** What perfect knowledge of the effect of the subsets would score, given the noise of retraining. */
export interface Ceiling extends Interval {
  readonly value: number;
  /** By query of the report split. */
  readonly perQuery: readonly number[];
  /** On the draws of the methods, so that shares of it are paired; absent where the ceiling is known and not estimated. */
  readonly uncertain?: Uncertain;
  /** Where seeds are kept: what knowing the mean effect over fresh seeds would score. Needs several kept seeds. */
  readonly acrossSeeds?: Interval & { readonly value: number };
}

/**
 * The ceiling of a correlation on the report split; undefined when the truth has a single retraining seed. Where the truth
 * keeps seeds, retraining again gives the same outputs: nothing but the method is in the way of 1.
 */
export function ceilingOf(
  task: BoardTask,
  draws: JointDraws,
  statistic: Statistic,
  level: number,
): Ceiling | undefined {
  const { truth, report } = task;
  if (truth?.seeds !== 'same') return noisyCeiling(task, draws, statistic, level);
  const across = noisyCeiling(task, draws, statistic, level);
  return {
    value: 1,
    low: 1,
    high: 1,
    perQuery: Array.from(report.queries, () => 1),
    ...(across && { acrossSeeds: { value: across.value, low: across.low, high: across.high } }),
  };
}

/** What knowing the mean effect of the subsets over seeds would score. */
function noisyCeiling(
  { truth, report }: BoardTask,
  draws: JointDraws,
  statistic: Statistic,
  level: number,
): (Ceiling & Required<Pick<Ceiling, 'uncertain'>>) | undefined {
  if (truth === undefined || report.subsets.length < fewestSubsets) return undefined;
  const { retrainSeeds } = truth;
  const outputs = new Float64Array(report.subsets.length * retrainSeeds * report.queries.length);
  let at = 0;
  for (const subset of report.subsets) {
    for (let seed = 0; seed < retrainSeeds; seed++) {
      for (const query of report.queries)
        outputs[at++] = truth.outputs[(subset * retrainSeeds + seed) * truth.queries + query];
    }
  }
  const shape = { subsets: report.subsets.length, retrainSeeds, queries: report.queries.length };
  const ceiling = noiseCeiling(outputs, shape, statistic, draws);
  if (ceiling?.statistic === undefined) return undefined;
  const { value, perQuery, shapeVariance } = ceiling;
  const uncertain: Uncertain = {
    value,
    statistic: ceiling.statistic,
    draws,
    commonNoise: { variance: shapeVariance, uncertainty: 0, freedom: Number.POSITIVE_INFINITY },
  };
  return { value, ...intervalOfCeiling(uncertain, level), perQuery: Array.from(perQuery), uncertain };
}

/** With fewer subsets the shapes of effect and noise cannot be told at all. */
const fewestSubsets = 6;

/** Symmetric about the square, which is a reliability and close to linear in what is measured. */
function intervalOfCeiling(uncertain: Uncertain, level: number): Interval {
  const { value } = uncertain;
  const { standardError, freedom } = spreadOf(uncertain);
  const reach = twoSidedQuantile(1 - level, freedom) * standardError;
  const low = Math.sqrt(Math.max(0, value * (value - 2 * reach)));
  const high = Math.sqrt(value * (value + 2 * reach));
  return { low, high: Math.min(1, low === 0 ? Math.max(high, value + reach) : high) };
}

/**
 * A value as share of the ceiling with the interval of the ratio on the same draws (Fieller 1954, JRSS B 16): all shares
 * whose product with the ceiling is not told apart from the value. Undefined when the ceiling's own interval includes 0,
 * when there is no saying what the value is a share of.
 */
export function shareOfCeiling(measurement: Measurement, ceiling: Ceiling, level: number): ShareOfCeiling | undefined {
  if (ceiling.low <= 0) return undefined;
  const { value } = measurement;
  const share = value / ceiling.value;
  if (ceiling.uncertain === undefined) {
    const { low, high } = intervalOf(measurement, level);
    return { value: share, low: low / ceiling.value, high: high / ceiling.value };
  }
  const factor = Math.abs(share) < 0.1 ? 0.1 : share;
  const remainder: Uncertain = {
    value: value - factor * ceiling.value,
    statistic: minusMultiple(measurement.statistic, factor, ceiling.uncertain.statistic),
    draws: measurement.draws,
    commonNoise: {
      ...measurement.commonNoise,
      variance: measurement.commonNoise.variance + factor ** 2 * ceiling.uncertain.commonNoise.variance,
    },
  };
  const whole = spreadOf(remainder);
  const varianceOfValue = spreadOf(measurement).standardError ** 2;
  const varianceOfCeiling = spreadOf(ceiling.uncertain).standardError ** 2;
  const covariance = (varianceOfValue + factor ** 2 * varianceOfCeiling - whole.standardError ** 2) / (2 * factor);
  const squaredQuantile = twoSidedQuantile(1 - level, whole.freedom) ** 2;
  const square = ceiling.value ** 2 - squaredQuantile * varianceOfCeiling;
  if (square <= 0) return undefined;
  const middle = value * ceiling.value - squaredQuantile * covariance;
  const root = Math.sqrt(Math.max(0, middle ** 2 - square * (value ** 2 - squaredQuantile * varianceOfValue)));
  return { value: share, low: (middle - root) / square, high: (middle + root) / square };
}

/** a - factor · b */
function minusMultiple(a: ResampledStatistic, factor: number, b: ResampledStatistic): ResampledStatistic {
  return {
    perQuery: a.perQuery.map((value, query) => value - factor * b.perQuery[query]),
    resampled: a.resampled.map((value, at) => value - factor * b.resampled[at]),
  };
}

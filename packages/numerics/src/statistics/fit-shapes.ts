import { expectedStatistics, type NoisyEffect } from './shaped-agreement.js';
import type { Shape } from './shaped-variable.js';

/** Number of statistics that shapes are fitted to, the first ones of a query. */
export const fittedCount = 5;
/** Standard deviations of shapes before anything is seen, of the effect and of the noise: skew, logarithm of the tail. */
const priorDeviations = [0.7, 0.3, 0.3, 0.3];
const limits = { skew: 1.2, logTail: 0.8 };
/** In units of a squared standard error: fits do not end while they move by more. */
const smallestImprovement = 0.01;

export interface FittedShapes {
  readonly effect: Shape;
  readonly noise: Shape;
  /** Reliability of one retraining. */
  readonly reliability: number;
  /** Change of (reliability, effect skew, effect tail, noise skew, noise tail) by statistic, [5 × 5]. */
  readonly gain: readonly Float64Array[];
  /** Covariance of the same that is left by what the statistics do not tell, [5 × 5]. */
  readonly unknown: readonly Float64Array[];
}

/**
 * The shapes of effect and noise that best explain mean statistics over queries: the most probable ones, given normal
 * errors of the statistics and shapes that are normal but for as much as is usual. Where the statistics tell little
 * (low reliability, few subsets), shapes stay near the normal one and what they may be otherwise is in `unknown`.
 * @param statistics means of the first five of {@link SeedStatistics}
 * @param covariance of those means, [5 × 5]
 */
export function fitShapes(statistics: ArrayLike<number>, covariance: readonly Float64Array[]): FittedShapes {
  const precision = inverse(covariance.map((row, i) => row.map((value, j) => value + (i === j ? 1e-8 : 0))));
  const prior = [1e-4, ...priorDeviations.map((deviation) => 1 / deviation ** 2)];
  const rank = Math.max(0.02, Math.min(0.995, statistics[0]));
  let at: Float64Array = Float64Array.of(2 * Math.sin((Math.PI * rank) / 6), 0, 0, 0, 0);
  let linear = linearise(at, statistics, precision, prior);
  let damping = 0;
  for (let i = 0; i < 12; i++) {
    const damped = linear.curvature.map((row, k) => row.map((value, l) => (k === l ? value * (1 + damping) : value)));
    const step = product(inverse(damped), linear.slope);
    const next = bounded(at.map((value, k) => value + step[k]));
    const there = linearise(next, statistics, precision, prior);
    if (there.cost > linear.cost) {
      damping = Math.max(0.3, damping * 4);
      continue;
    }
    const improvement = linear.cost - there.cost;
    [at, linear] = [next, there];
    damping /= 4;
    if (improvement < smallestImprovement) break;
  }
  const posterior = inverse(linear.curvature);
  const gain = posterior.map((row) => product(linear.weighted, row));
  const unknown = posterior.map((row, k) => row.map((value, l) => value - bilinear(gain[k], covariance, gain[l])));
  return { ...effectAt(at), gain, unknown };
}

function effectAt(at: Float64Array): NoisyEffect {
  return {
    reliability: at[0],
    effect: { skew: at[1], logTail: at[2] },
    noise: { skew: at[3], logTail: at[4] },
  };
}

function bounded(at: Float64Array): Float64Array {
  const within = (value: number, limit: number) => Math.max(-limit, Math.min(limit, value));
  return Float64Array.of(
    Math.max(0.005, Math.min(0.998, at[0])),
    within(at[1], limits.skew),
    within(at[2], limits.logTail),
    within(at[3], limits.skew),
    within(at[4], limits.logTail),
  );
}

interface Linear {
  readonly cost: number;
  /** Negative gradient of half the cost: where to go. */
  readonly slope: Float64Array;
  readonly curvature: readonly Float64Array[];
  /** Transposed Jacobian times precision, by statistic, [5 statistics × 5 parameters]. */
  readonly weighted: readonly Float64Array[];
}

function linearise(
  at: Float64Array,
  statistics: ArrayLike<number>,
  precision: readonly Float64Array[],
  prior: readonly number[],
): Linear {
  const expected = expectedStatistics(effectAt(at));
  const h = 1e-3;
  const jacobian = Array.from(at, (_, k) => {
    const step = k === 0 && at[0] > 0.9 ? -h : h;
    const moved = expectedStatistics(effectAt(at.map((value, l) => value + (l === k ? step : 0))));
    return Float64Array.from(moved, (value, m) => (value - expected[m]) / step);
  });
  const residual = Float64Array.from(expected, (value, m) => statistics[m] - value);
  const weightedResidual = product(precision, residual);
  const weightedJacobian = jacobian.map((row) => product(precision, row));
  const priorCost = prior.reduce((sum, weight, k) => sum + (k === 0 ? 0 : weight * at[k] ** 2), 0);
  return {
    cost: inner(residual, weightedResidual) + priorCost,
    slope: Float64Array.from(jacobian, (row, k) => inner(row, weightedResidual) - (k === 0 ? 0 : prior[k] * at[k])),
    curvature: jacobian.map((row, k) =>
      Float64Array.from(weightedJacobian, (other, l) => inner(row, other) + (k === l ? prior[k] : 0)),
    ),
    weighted: Array.from({ length: fittedCount }, (_, m) => Float64Array.from(weightedJacobian, (row) => row[m])),
  };
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function product(matrix: readonly Float64Array[], vector: ArrayLike<number>): Float64Array {
  return Float64Array.from(matrix, (row) => inner(row, vector));
}

function bilinear(a: ArrayLike<number>, matrix: readonly Float64Array[], b: ArrayLike<number>): number {
  return inner(a, product(matrix, b));
}

/** Inverse of a small symmetric positive definite matrix, by Gauss and Jordan with pivots. */
function inverse(matrix: readonly Float64Array[]): Float64Array[] {
  const n = matrix.length;
  const work = matrix.map((row, i) =>
    Float64Array.from({ length: 2 * n }, (_, j) => (j < n ? row[j] : j - n === i ? 1 : 0)),
  );
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(work[i][k]) > Math.abs(work[pivot][k])) pivot = i;
    [work[k], work[pivot]] = [work[pivot], work[k]];
    const head = work[k][k];
    for (let j = 0; j < 2 * n; j++) work[k][j] /= head;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = work[i][k];
      for (let j = 0; j < 2 * n; j++) work[i][j] -= factor * work[k][j];
    }
  }
  return work.map((row) => row.slice(n));
}

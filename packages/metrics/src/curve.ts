import type { MeanResult, MetricCurve } from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';

/** A number of each query, at each step of a curve. */
export type Steps = readonly (readonly number[])[];

/** A curve with its one number by query, and what each draw of randomness gives alone of both. */
export interface SummedCurve extends Pick<MeanResult, 'value' | 'repeats' | 'curve'> {
  readonly perQuery: Float64Array;
}

/**
 * Sums a curve up by the weighted mean of its steps.
 * @param points numbers of training points, one each step, ascending
 * @param weights of the steps; only their ratios count
 * @param repeats by source of randomness what each draw gives alone
 */
export function summedCurve(
  points: Int32Array,
  weights: readonly number[],
  values: Steps,
  repeats: Readonly<Record<string, readonly Steps[]>>,
): SummedCurve {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const summed = (steps: Steps) =>
    steps[0].map((_, at) => weights.reduce((sum, weight, step) => sum + weight * steps[step][at], 0) / total);
  const perSource = <T>(change: (draws: readonly Steps[]) => T) =>
    Object.fromEntries(Object.entries(repeats).map(([source, draws]) => [source, change(draws)]));
  const perQuery = Float64Array.from(summed(values));
  const curve: MetricCurve = {
    points,
    values: Float64Array.from(values.flat()),
    repeats: perSource((draws) => Float64Array.from(draws.flat(2))),
  };
  return {
    value: mean(perQuery),
    perQuery,
    repeats: perSource((draws) => Float64Array.from(draws.flatMap(summed))),
    curve,
  };
}

/** The mean over draws of what each gives alone. */
export function meanSteps(draws: readonly Steps[]): Steps {
  return draws[0].map((row, step) => row.map((_, at) => mean(draws.map((steps) => steps[step][at]))));
}

/**
 * What several seeds say against several random draws, as the mean of all and as what each seed and each draw gives alone.
 * @param one of a seed and a draw
 */
export function crossedSteps(
  seeds: number,
  draws: number,
  one: (seed: number, draw: number) => Steps,
): { readonly all: Steps; readonly bySeed: readonly Steps[]; readonly byDraw: readonly Steps[] } {
  const over = (count: number, each: (i: number) => Steps) =>
    meanSteps(Array.from({ length: count }, (_, i) => each(i)));
  const bySeed = Array.from({ length: seeds }, (_, seed) => over(draws, (draw) => one(seed, draw)));
  const byDraw = Array.from({ length: draws }, (_, draw) => over(seeds, (seed) => one(seed, draw)));
  return { all: meanSteps(bySeed), bySeed, byDraw };
}

/** Weights of the area under straight lines from step to step, by the trapezoidal rule; a single step is its own area. */
export function areaWeights(points: Int32Array): number[] {
  if (points.length === 1) return [1];
  return Array.from(points, (_, step) => {
    const [before, after] = [points[Math.max(0, step - 1)], points[Math.min(points.length - 1, step + 1)]];
    return (after - before) / 2;
  });
}

/**
 * Weights of the sum over all j from 1 to the last of the points of f(j) / j, where f is 0 at 0 and goes in straight lines from
 * step to step.
 */
export function reciprocalWeights(points: Int32Array): number[] {
  const weights = new Array<number>(points.length).fill(0);
  let start = 0;
  points.forEach((end, step) => {
    for (let j = start + 1; j <= end; j++) {
      const part = (j - start) / (end - start);
      weights[step] += part / j;
      if (step > 0) weights[step - 1] += (1 - part) / j;
    }
    start = end;
  });
  return weights;
}

import {
  int,
  type MeanResult,
  type MetricContext,
  type Params,
  type PointMarks,
  type Split,
} from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';
import { highestScored } from './members.js';

export const topParams = {
  top: int({ default: 1, min: 1, help: 'how many of the highest points are looked at' }),
};

/** For each query of the split, the share of its highest points that have the number that it has itself. */
export function agreement(
  ctx: MetricContext,
  { top }: Params<typeof topParams>,
  split: Split,
  { train, queries }: PointMarks,
): MeanResult {
  const count = Math.min(top, ctx.task.train);
  const perQuery = Float64Array.from(split.queries, (query) => {
    const points = highestScored(ctx, query, count);
    return points.filter((point) => train[point] === queries[query]).length / count;
  });
  return { kind: 'mean', value: mean(perQuery), perQuery };
}

/** `the 5 highest points of 20 queries are`, for a sentence. */
export function highestPointsAre(top: number, queries: string): string {
  return top === 1
    ? `the highest point of each of ${queries} is`
    : `the ${top} highest points of each of ${queries} are`;
}

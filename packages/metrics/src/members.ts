import { BenchError, type MetricContext, type RetrainRequest, type Split } from '@attribution-bench/contract';

/** 0 .. train - 1 but for the points left out, ascending. */
export function without(train: number, left: Iterable<number>): Int32Array {
  const out = new Uint8Array(train);
  for (const point of left) out[point] = 1;
  return Int32Array.from({ length: train }, (_, point) => point).filter((point) => out[point] === 0);
}

/**
 * How many of the training points a share of them is.
 * @throws BenchError SHARE_TOO_SMALL when it is none, so that leaving it out would change nothing
 */
export function pointsOf(share: number, train: number): number {
  const count = Math.round(share * train);
  if (count > 0) return count;
  throw new BenchError({
    code: 'SHARE_TOO_SMALL',
    message: `a share of ${share} of ${train} training points is none of them`,
    next: `one point is a share of ${Number((1 / train).toPrecision(3))}`,
  });
}

/**
 * How many of the training points several shares of them are, ascending, each number once.
 * @throws BenchError SHARE_TOO_SMALL
 */
export function pointsOfShares(shares: readonly number[], train: number): Int32Array {
  return Int32Array.from(new Set(shares.map((share) => pointsOf(share, train)))).sort();
}

/** One request of the same models for each of the seeds `0 .. seeds - 1`. */
export function withEachSeed(
  members: readonly Int32Array[],
  seeds: number,
  about: Omit<RetrainRequest, 'members' | 'seed'> = {},
): RetrainRequest[] {
  return Array.from({ length: seeds }, (_, seed) => ({ members, seed, ...about }));
}

/** `retrained 3 times each`, for a sentence. */
export function retrainedTimes(times: number): string {
  return times === 1 ? 'retrained once each' : `retrained ${times} times each`;
}

/** A share of the training set in percent, for a sentence. */
export function percentOf(share: number): number {
  return Number((100 * share).toPrecision(3));
}

/** The training points that score highest for a query; ties in their own order. */
export function highestScored(
  { scores, scoreShape, task: { train } }: MetricContext,
  query: number,
  count: number,
): Int32Array {
  const row = scoreShape === 'pairwise' ? query * train : 0;
  return Int32Array.from({ length: train }, (_, point) => point)
    .sort((a, b) => scores[row + b] - scores[row + a] || a - b)
    .slice(0, count);
}

/** Training points from the highest to the lowest score, summed over the queries of the split; ties in their own order. */
export function bestFirst({ scores, scoreShape, task }: MetricContext, split: Split): Int32Array {
  const total = new Float64Array(task.train);
  const rows = scoreShape === 'pairwise' ? split.queries : [0];
  for (const row of rows) for (let i = 0; i < task.train; i++) total[i] += scores[row * task.train + i];
  return Int32Array.from(total, (_, i) => i).sort((a, b) => total[b] - total[a] || a - b);
}

import type { MetricContext, Retrained, RetrainRequest, Split } from '@attribution-bench/contract';
import { bestFirst, pointsOfShares, withEachSeed, without } from './members.js';

/**
 * For each number of points one request per seed: without the points of the lowest scores, and without those of the highest.
 * Metrics of the same shares and seeds have the same models trained.
 */
export function endRemovals(
  ctx: MetricContext,
  { shares, seeds }: { readonly shares: readonly number[]; readonly seeds: number },
  split: Split,
): RetrainRequest[] {
  const { train } = ctx.task;
  const order = bestFirst(ctx, split);
  return Array.from(pointsOfShares(shares, train)).flatMap((count) => {
    const [worst, best] = [order.subarray(train - count), order.subarray(0, count)];
    const members = [without(train, worst), without(train, best)];
    return withEachSeed(members, seeds);
  });
}

/** What was asked for step by step, seed by seed, as its steps of each seed. */
export function stepsOfSeeds(requests: readonly Retrained[], seeds: number): Retrained[][] {
  return Array.from({ length: seeds }, (_, seed) => requests.filter((_request, i) => i % seeds === seed));
}

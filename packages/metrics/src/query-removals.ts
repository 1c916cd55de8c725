import {
  int,
  list,
  type MetricContext,
  num,
  type Params,
  type Retrained,
  type RetrainRequest,
  type Rng,
  type Split,
} from '@attribution-bench/contract';
import { highestScored, pointsOfShares, withEachSeed, without } from './members.js';

/** Which points are removed for which queries: the same parameters ask for the same models. */
export const queryRemovalParams = {
  queries: int({ default: 10, min: 1, help: 'queries whose own highest points are removed, at most' }),
  shares: list(num({ min: 0, max: 0.95, help: 'share of the training set' }), {
    default: [0.02, 0.05, 0.1, 0.2],
    help: 'shares of the training set that are removed',
  }),
  seeds: int({
    default: 3,
    min: 1,
    help: 'retrainings of each removal; intervals count the randomness of retraining from 2 on',
  }),
};

type RemovalParams = Params<typeof queryRemovalParams>;

/** Queries of the split that are looked at, ascending; all of them, or a sample. */
export function sampledQueries({ queries }: Split, most: number, rng: Rng): Int32Array {
  return Int32Array.from(rng.subset(queries.length, Math.min(most, queries.length)), (at) => queries[at]);
}

/**
 * For each share, in ascending order, one request per seed: a removal of the points that score highest for each query. Scores
 * that are the same for all queries have one removal for all of them.
 */
export function ownRemovals(
  ctx: MetricContext,
  { shares, seeds }: RemovalParams,
  sample: Int32Array,
): RetrainRequest[] {
  const { train, kind } = ctx.task;
  const removedFor = ctx.scoreShape === 'pairwise' ? sample : sample.subarray(0, 1);
  return Array.from(pointsOfShares(shares, train)).flatMap((count) => {
    const members = Array.from(removedFor, (query) => without(train, highestScored(ctx, query, count)));
    return withEachSeed(members, seeds, { queries: sample, ...(kind === 'classifier' && { predict: true }) });
  });
}

/** What {@link ownRemovals} asked for, share by share, seed by seed. */
export function bySharesAndSeeds(requests: readonly Retrained[], seeds: number): Retrained[][] {
  return Array.from({ length: requests.length / seeds }, (_, share) =>
    requests.slice(share * seeds, (share + 1) * seeds),
  );
}

/** What came of the query at a place of the sample in the model without its own points. */
export function withoutOwn<T>(perModel: readonly T[], at: number): T {
  return perModel[perModel.length === 1 ? 0 : at];
}

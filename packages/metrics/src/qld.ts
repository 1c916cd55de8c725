import { defineMetric, int } from '@attribution-bench/contract';
import { crossedSteps, type Steps, summedCurve } from './curve.js';
import { percentOf, pointsOfShares, retrainedTimes, withEachSeed, without } from './members.js';
import { bySharesAndSeeds, ownRemovals, queryRemovalParams, sampledQueries, withoutOwn } from './query-removals.js';

/**
 * Query loss difference: by how much farther a query's target falls after training without the points that score highest
 * for it than without as many random ones. The curve is that by the number of points, averaged over random removals and
 * seeds, the value its mean over the removed shares; 0 for random scores. With the targets `neg-loss` and
 * `neg-denoising-loss` the fall is the rise of the query's loss; with `margin` it is the fall of the log odds of its label.
 * Models of one seed share initial weights and batch order, with and without the points. Beside `brittleness` of the same queries, shares and seeds only the random removals are trained for it.
 */
export const qld = defineMetric({
  id: 'qld',
  title: 'Query loss difference',
  description:
    'By how much farther the target of a query falls after training without the points of its highest scores than without as many random ones, averaged over the removed shares.',
  revision: 1,
  higherIsBetter: true,
  curve: { over: 'removed points' },
  needs: ['retraining'],
  params: {
    ...queryRemovalParams,
    draws: int({
      default: 4,
      min: 1,
      help: 'random removals of each share to compare with, the same for every method; intervals count their randomness from 2 on',
    }),
  },
  sharesRetrainings: 'brittleness',
  question: ({ queries, shares, seeds, draws }, { train, target }) =>
    `by how much farther does the ${target} of a query fall without the ${shares.map(percentOf).join(', ')} % of ${train} training points that score highest for it than without as many random ones (up to ${queries} queries, ${draws} random removals, ${retrainedTimes(seeds)})`,
  retrainings(ctx, params, split, rng) {
    const { train } = ctx.task;
    const { shares, seeds, draws } = params;
    const own = ownRemovals(ctx, params, sampledQueries(split, params.queries, rng));
    const random = Array.from(pointsOfShares(shares, train)).flatMap((count) => {
      const members = Array.from({ length: draws }, () => without(train, rng.subset(train, count)));
      return withEachSeed(members, seeds);
    });
    return [...own, ...random];
  },
  evaluate({ retrained, task }, { shares, seeds, draws }) {
    const half = retrained.length / 2;
    const own = bySharesAndSeeds(retrained.slice(0, half), seeds);
    const random = bySharesAndSeeds(retrained.slice(half), seeds);
    const sample = own[0]?.[0].queries ?? new Int32Array();
    /** What one seed and one random removal say at each step. */
    const falls = (seed: number, draw: number): Steps =>
      own.map((ofSeeds, share) =>
        Array.from(
          sample,
          (query, at) => random[share][seed].targets[draw][query] - withoutOwn(ofSeeds[seed].targets, at)[query],
        ),
      );
    const { all, bySeed: retrainings, byDraw: removals } = crossedSteps(seeds, draws, falls);
    const points = pointsOfShares(shares, task.train);
    const weights = Array.from(points, () => 1);
    const { perQuery: perSampledQuery, ...summed } = summedCurve(points, weights, all, { retrainings, removals });
    return { kind: 'mean', ...summed, perSampledQuery };
  },
});

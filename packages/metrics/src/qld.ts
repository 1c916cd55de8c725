import { defineMetric, int } from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';
import { percentOf, pointsOf, retrainedTimes, without } from './members.js';
import { bySharesAndSeeds, ownRemovals, queryRemovalParams, sampledQueries, withoutOwn } from './query-removals.js';

/**
 * Query loss difference: by how much farther a query's target falls after training without the points that score highest
 * for it than without as many random ones, averaged over the removed shares, random removals and seeds: 0 for random
 * scores. With the targets `neg-loss` and `neg-denoising-loss` that fall is the rise of the query's loss; with `margin` it
 * is the fall of the log odds of its label. Models of one seed share initial weights and batch order, with and without
 * the points. Beside `brittleness` of the same queries, shares and seeds only the random removals are trained for it.
 */
export const qld = defineMetric({
  id: 'qld',
  title: 'Query loss difference',
  description:
    'By how much farther the target of a query falls after training without the points of its highest scores than without as many random ones, averaged over the removed shares.',
  revision: 1,
  higherIsBetter: true,
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
    const random = shares.flatMap((share) => {
      const count = pointsOf(share, train);
      const members = Array.from({ length: draws }, () => without(train, rng.subset(train, count)));
      return Array.from({ length: seeds }, (_, seed) => ({ members, seed }));
    });
    return [...own, ...random];
  },
  evaluate({ retrained }, { seeds, draws }) {
    const half = retrained.length / 2;
    const own = bySharesAndSeeds(retrained.slice(0, half), seeds);
    const random = bySharesAndSeeds(retrained.slice(half), seeds);
    const sample = own[0]?.[0].queries ?? new Int32Array();
    /** Mean over shares of what one seed and one random removal say of the query at a place of the sample. */
    const fall = (at: number, seed: number, draw: number) =>
      mean(
        own.map(
          (ofSeeds, share) =>
            random[share][seed].targets[draw][sample[at]] - withoutOwn(ofSeeds[seed].targets, at)[sample[at]],
        ),
      );
    const over = (count: number, value: (i: number) => number) =>
      mean(Array.from({ length: count }, (_, i) => value(i)));
    const byQuery = (value: (at: number) => number) => Array.from(sample, (_, at) => value(at));
    const retrainings = Array.from({ length: seeds }, (_, seed) =>
      byQuery((at) => over(draws, (draw) => fall(at, seed, draw))),
    );
    const removals = Array.from({ length: draws }, (_, draw) =>
      byQuery((at) => over(seeds, (seed) => fall(at, seed, draw))),
    );
    const perSampledQuery = Float64Array.from(sample, (_, at) => mean(retrainings.map((ofSeed) => ofSeed[at])));
    return {
      kind: 'mean',
      value: mean(perSampledQuery),
      perSampledQuery,
      repeats: {
        retrainings: Float64Array.from(retrainings.flat()),
        removals: Float64Array.from(removals.flat()),
      },
    };
  },
});

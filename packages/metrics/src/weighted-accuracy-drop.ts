import { defineMetric, int, list, num } from '@attribution-bench/contract';
import { meanSteps, reciprocalWeights, summedCurve } from './curve.js';
import { endRemovals, stepsOfSeeds } from './end-removals.js';
import { percentOf, pointsOfShares, retrainedTimes, withEachSeed, without } from './members.js';

/**
 * Weighted accuracy drop (Schoch, Xu and Ji 2022, CS-Shapley, arXiv:2211.06800, section 4): training points are removed
 * from the highest score down, averaged over the queries of the split for pairwise scores; the drop of accuracy without
 * the first j of them is weighted by 1 / j, so that points count most that matter alone. The paper sums drop / j over all j.
 * Here accuracy is measured without a few shares of the points and taken to go in straight lines between them, from j = 0
 * on, and the sum is divided by that of the weights, so that it does not grow with the training set: the paper's is this
 * value / 100 times the sum of 1 / j up to the largest j.
 */
export const weightedAccuracyDrop = defineMetric({
  id: 'weighted-accuracy-drop',
  title: 'Weighted accuracy drop',
  description:
    'By how many percent of the queries accuracy falls as the points of the highest scores are removed, averaged over how many are, with the weight 1 / j without j points.',
  unit: '%',
  revision: 1,
  higherIsBetter: true,
  range: [-100, 100],
  curve: { over: 'removed points' },
  needs: ['predictions', 'retraining'],
  params: {
    shares: list(num({ min: 0, max: 0.95, help: 'share of the training set' }), {
      default: [0.02, 0.05, 0.1, 0.2, 0.4],
      help: 'shares of the training set that are removed',
    }),
    seeds: int({
      default: 3,
      min: 1,
      help: 'retrainings of each removal; the interval holds for fresh queries, method seeds and, from 2 on, retrainings',
    }),
  },
  question: ({ shares, seeds }, { train, queries }) =>
    `how far does the accuracy on ${queries} fall without the highest ${shares.map(percentOf).join(', ')} % of ${train} training points, where the first points count most, ${retrainedTimes(seeds)}`,
  retrainings(ctx, params, split) {
    const all = [without(ctx.task.train, [])];
    return [
      ...withEachSeed(all, params.seeds, { predict: true }),
      ...endRemovals(ctx, params, split).map((request) => ({ ...request, predict: true as const })),
    ];
  },
  evaluate({ retrained, task }, { shares, seeds }, split) {
    const points = pointsOfShares(shares, task.train);
    const removals = stepsOfSeeds(retrained.slice(seeds), seeds);
    const retrainings = removals.map((steps, seed) => {
      const [full] = retrained[seed].right ?? [];
      return steps.map(({ right: [, withoutBest] = [] }) =>
        Array.from(split.queries, (q) => 100 * (full[q] - withoutBest[q])),
      );
    });
    return { kind: 'mean', ...summedCurve(points, reciprocalWeights(points), meanSteps(retrainings), { retrainings }) };
  },
});

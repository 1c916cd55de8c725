import { defineMetric, int, list, num } from '@attribution-bench/contract';
import { areaWeights, meanSteps, summedCurve } from './curve.js';
import { endRemovals, stepsOfSeeds } from './end-removals.js';
import { percentOf, pointsOfShares, retrainedTimes } from './members.js';

/**
 * Area between two removal curves (the point removal experiment of Ghorbani and Zou 2019, on the queries' target instead
 * of accuracy): training points are ordered by their score, averaged over the queries of the split for pairwise scores;
 * the model is trained without the worst and without the best share of them; the curve is by how much the target is
 * higher without the worst, the value the area under it from the smallest to the largest share, divided by its width.
 * 0 for random scores.
 */
export const removalCurve = defineMetric({
  id: 'removal-curve',
  title: 'Area between removal curves',
  description:
    'By how much the target is higher after training without the points of the lowest scores than without those of the highest, averaged over queries and from the smallest to the largest of the removed shares.',
  revision: 3,
  higherIsBetter: true,
  curve: { over: 'removed points' },
  needs: ['retraining'],
  params: {
    shares: list(num({ min: 0, max: 0.95, help: 'share of the training set' }), {
      default: [0.1, 0.2, 0.4],
      help: 'shares of the training set that are removed',
    }),
    seeds: int({
      default: 3,
      min: 1,
      help: 'retrainings of each removal; the interval holds for fresh queries, method seeds and, from 2 on, retrainings',
    }),
  },
  question: ({ shares, seeds }, { target, train, queries }) =>
    `by how much is the ${target} of ${queries} higher without the lowest than without the highest ${shares.map(percentOf).join(', ')} % of ${train} training points, ${retrainedTimes(seeds)}`,
  retrainings: (ctx, params, split) => endRemovals(ctx, params, split),
  evaluate({ retrained, task }, { shares, seeds }, split) {
    const points = pointsOfShares(shares, task.train);
    const retrainings = stepsOfSeeds(retrained, seeds).map((steps) =>
      steps.map(({ targets: [withoutWorst, withoutBest] }) =>
        Array.from(split.queries, (q) => withoutWorst[q] - withoutBest[q]),
      ),
    );
    return { kind: 'mean', ...summedCurve(points, areaWeights(points), meanSteps(retrainings), { retrainings }) };
  },
});

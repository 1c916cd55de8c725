import { defineMetric, int, list, num } from '@attribution-bench/contract';
import { areaWeights, crossedSteps, type Steps, summedCurve } from './curve.js';
import { stepsOfSeeds } from './end-removals.js';
import { bestFirst, percentOf, pointsOfShares, retrainedTimes, withEachSeed } from './members.js';

/**
 * Area above the addition curve of random points (the point addition experiment of Ghorbani and Zou 2019, on the queries'
 * target instead of accuracy): training points are ordered by their score, averaged over the queries of the split for
 * pairwise scores; the curve is by how much the target is higher after training on the best share of them alone than on as
 * many random points, the value the area under it from the smallest to the largest share, divided by its width. 0 for
 * random scores. A model is trained for as many epochs on few points as on all, and so in fewer steps.
 */
export const additionCurve = defineMetric({
  id: 'addition-curve',
  title: 'Area between addition curves',
  description:
    'By how much the target is higher after training on nothing but the points of the highest scores than on as many random points, averaged over queries and from the smallest to the largest of the shares.',
  revision: 1,
  higherIsBetter: true,
  curve: { over: 'points trained on' },
  needs: ['retraining'],
  params: {
    shares: list(num({ min: 0, max: 1, help: 'share of the training set' }), {
      default: [0.1, 0.2, 0.4],
      help: 'shares of the training set that are trained on',
    }),
    seeds: int({
      default: 3,
      min: 1,
      help: 'retrainings of each share; the interval holds for fresh queries, method seeds and, from 2 on, retrainings',
    }),
    draws: int({
      default: 4,
      min: 1,
      help: 'random sets of each share to compare with, the same for every method; intervals count their randomness from 2 on',
    }),
  },
  question: ({ shares, seeds, draws }, { target, train, queries }) =>
    `by how much is the ${target} of ${queries} higher after training on the highest ${shares.map(percentOf).join(', ')} % of ${train} training points than on as many random ones (${draws} random sets, ${retrainedTimes(seeds)})`,
  retrainings(ctx, { shares, seeds, draws }, split, rng) {
    const { train } = ctx.task;
    const order = bestFirst(ctx, split);
    const ofEachSeed = (members: readonly Int32Array[]) => withEachSeed(members, seeds);
    const counts = Array.from(pointsOfShares(shares, train));
    return [
      ...counts.flatMap((count) => ofEachSeed([order.slice(0, count).sort()])),
      ...counts.flatMap((count) => ofEachSeed(Array.from({ length: draws }, () => rng.subset(train, count)))),
    ];
  },
  evaluate({ retrained, task }, { shares, seeds, draws }, split) {
    const points = pointsOfShares(shares, task.train);
    const half = points.length * seeds;
    const [best, random] = [stepsOfSeeds(retrained.slice(0, half), seeds), stepsOfSeeds(retrained.slice(half), seeds)];
    /** What one seed says against one random set at each step. */
    const gains = (seed: number, draw: number): Steps =>
      best[seed].map(({ targets: [target] }, step) =>
        Array.from(split.queries, (q) => target[q] - random[seed][step].targets[draw][q]),
      );
    const { all, bySeed: retrainings, byDraw: sets } = crossedSteps(seeds, draws, gains);
    return { kind: 'mean', ...summedCurve(points, areaWeights(points), all, { retrainings, sets }) };
  },
});

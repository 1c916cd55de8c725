import { defineMetric, int, list, type MetricContext, num, type Split } from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';
import { percentOf, pointsOf, retrainedTimes, without } from './members.js';

/**
 * Area between two removal curves (the point removal experiment of Ghorbani and Zou 2019, on the queries' target instead
 * of accuracy): training points are ordered by their score, averaged over the queries of the split for pairwise scores;
 * the model is trained without the worst and without the best share of them; the value is by how much the target is
 * higher without the worst, averaged over shares, seeds and queries. 0 for random scores.
 */
export const removalCurve = defineMetric({
  id: 'removal-curve',
  title: 'Area between removal curves',
  description:
    'By how much the target is higher after training without the points of the lowest scores than without those of the highest, averaged over the removed shares and queries.',
  revision: 2,
  higherIsBetter: true,
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
  retrainings(ctx, { shares, seeds }, split) {
    const { train } = ctx.task;
    const order = bestFirst(ctx, split);
    return shares.flatMap((share) => {
      const count = pointsOf(share, train);
      const [worst, best] = [order.subarray(train - count), order.subarray(0, count)];
      const members = [without(train, worst), without(train, best)];
      return Array.from({ length: seeds }, (_, seed) => ({ members, seed }));
    });
  },
  evaluate({ retrained }, { seeds }, split) {
    const ofSeed = Array.from({ length: seeds }, (_, seed) => {
      const runs = retrained.filter((request) => request.seed === seed);
      return Array.from(split.queries, (q) =>
        mean(runs.map(({ targets: [withoutWorst, withoutBest] }) => withoutWorst[q] - withoutBest[q])),
      );
    });
    const perQuery = Float64Array.from(split.queries, (_, at) => mean(ofSeed.map((gains) => gains[at])));
    return {
      kind: 'mean',
      value: mean(perQuery),
      perQuery,
      repeats: { retrainings: Float64Array.from(ofSeed.flat()) },
    };
  },
});

/** Training points from the highest to the lowest score; ties in their own order. */
function bestFirst({ scores, scoreShape, task }: MetricContext, split: Split): Int32Array {
  const total = new Float64Array(task.train);
  const rows = scoreShape === 'pairwise' ? split.queries : [0];
  for (const row of rows) for (let i = 0; i < task.train; i++) total[i] += scores[row * task.train + i];
  return Int32Array.from(total, (_, i) => i).sort((a, b) => total[b] - total[a] || a - b);
}

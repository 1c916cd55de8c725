import { BenchError, defineMetric } from '@attribution-bench/contract';
import { summedCurve } from './curve.js';
import { percentOf, pointsOfShares, retrainedTimes, withEachSeed, without } from './members.js';
import { bySharesAndSeeds, ownRemovals, queryRemovalParams, sampledQueries, withoutOwn } from './query-removals.js';
import { any, majority, type Vote } from './votes.js';

/**
 * Brittleness of predictions (Ilyas et al. 2022, arXiv:2202.00622; Park et al. 2023, arXiv:2303.14186; dattri's
 * `brittleness`): for each query that models trained on everything predict right, the smallest of several sets of the points
 * that score highest for it without which it is predicted wrong. The curve is the share of queries whose set has at most so
 * many points, the value its mean over the removed shares. Retrainings vote, where the papers average outputs and dattri
 * trains once. As many random points flip what the row of `random` shows, which is the floor.
 */
export const brittleness = defineMetric({
  id: 'brittleness',
  title: 'Flipped predictions',
  description:
    'The share of rightly predicted queries that are predicted wrong after training without so many points of their highest scores, or fewer, averaged over the removed shares.',
  unit: '%',
  revision: 2,
  higherIsBetter: true,
  range: [0, 100],
  curve: {
    over: 'removed points',
    reaches: { level: 50, title: 'Median number of points whose removal flips a prediction' },
  },
  needs: ['predictions', 'retraining'],
  params: queryRemovalParams,
  question: ({ queries, shares, seeds }, { train }) =>
    `how many of up to ${queries} rightly predicted queries are predicted wrong without the ${shares.map(percentOf).join(', ')} % of ${train} training points that score highest for them, by the vote of models ${retrainedTimes(seeds)}`,
  retrainings(ctx, params, split, rng) {
    const sample = sampledQueries(split, params.queries, rng);
    const all = [without(ctx.task.train, [])];
    return [...withEachSeed(all, params.seeds, { predict: true }), ...ownRemovals(ctx, params, sample)];
  },
  evaluate({ retrained, task }, { shares, seeds }) {
    const [full, removals] = [retrained.slice(0, seeds), retrained.slice(seeds)];
    const sample = removals[0]?.queries ?? new Int32Array();
    const predictedRight = (query: number) => majority(full.map(({ right = [] }) => right[0][query])).value === 1;
    const places = Array.from(sample.keys()).filter((at) => predictedRight(sample[at]));
    if (places.length === 0)
      throw new BenchError({
        code: 'METRIC_NO_QUERY',
        place: task.id,
        message: `brittleness has no prediction to flip: models trained on everything predict none of ${sample.length} queries right`,
        next: 'raise its parameter queries, or train the model longer',
      });
    const flips = places.map((at) => {
      const votes = bySharesAndSeeds(removals, seeds).map((ofShare) =>
        majority(ofShare.map(({ right = [] }) => 1 - withoutOwn(right, at)[sample[at]])),
      );
      return votes.map((_, step) => any(votes.slice(0, step + 1)));
    });
    const points = pointsOfShares(shares, task.train);
    const steps = (share: (flip: Vote) => number) =>
      Array.from(points, (_, step) => flips.map((ofQuery) => 100 * share(ofQuery[step])));
    const retrainings = Array.from({ length: seeds }, (_, seed) => steps(({ ofVoter }) => ofVoter[seed]));
    const weights = Array.from(points, () => 1);
    const { perQuery: perSampledQuery, ...summed } = summedCurve(
      points,
      weights,
      steps(({ value }) => value),
      { retrainings },
    );
    return { kind: 'mean', ...summed, perSampledQuery };
  },
});

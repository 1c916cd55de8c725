import { BenchError, defineMetric } from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';
import { percentOf, retrainedTimes, without } from './members.js';
import { bySharesAndSeeds, ownRemovals, queryRemovalParams, sampledQueries, withoutOwn } from './query-removals.js';
import { majority } from './votes.js';

/**
 * Brittleness of predictions (Ilyas et al. 2022, arXiv:2202.00622; Park et al. 2023, arXiv:2303.14186; dattri's
 * `brittleness`): of the queries that models trained on everything predict right, the share that is predicted wrong after
 * training without the points that score highest for it, averaged over the removed shares: the area under the curve of
 * flipped predictions. Retrainings vote, where the papers average outputs and dattri trains once. As many random points
 * flip what the row of `random` shows, which is the floor.
 */
export const brittleness = defineMetric({
  id: 'brittleness',
  title: 'Flipped predictions',
  description:
    'The share of rightly predicted queries that are predicted wrong after training without the points of their highest scores, averaged over the removed shares.',
  unit: '%',
  revision: 1,
  higherIsBetter: true,
  range: [0, 100],
  needs: ['predictions', 'retraining'],
  params: queryRemovalParams,
  question: ({ queries, shares, seeds }, { train }) =>
    `how many of up to ${queries} rightly predicted queries are predicted wrong without the ${shares.map(percentOf).join(', ')} % of ${train} training points that score highest for them, by the vote of models ${retrainedTimes(seeds)}`,
  retrainings(ctx, params, split, rng) {
    const sample = sampledQueries(split, params.queries, rng);
    const all = [without(ctx.task.train, [])];
    return [
      ...Array.from({ length: params.seeds }, (_, seed) => ({ members: all, seed, predict: true as const })),
      ...ownRemovals(ctx, params, sample),
    ];
  },
  evaluate({ retrained, task }, { seeds }) {
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
    const votes = places.map((at) =>
      bySharesAndSeeds(removals, seeds).map((ofShare) =>
        majority(ofShare.map(({ right = [] }) => 1 - withoutOwn(right, at)[sample[at]])),
      ),
    );
    const perSampledQuery = Float64Array.from(votes, (shares) => 100 * mean(shares.map(({ value }) => value)));
    const retrainings = Float64Array.from({ length: seeds * places.length }, (_, i) => {
      const [seed, query] = [Math.floor(i / places.length), i % places.length];
      return 100 * mean(votes[query].map(({ ofVoter }) => ofVoter[seed]));
    });
    return { kind: 'mean', value: mean(perSampledQuery), perSampledQuery, repeats: { retrainings } };
  },
});

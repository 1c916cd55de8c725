import { choice, defineMetric, int } from '@attribution-bench/contract';
import { pearson, spearman } from '@attribution-bench/numerics';
import { retrainedTimes, withEachSeed, without } from './members.js';

const correlations = { pearson, spearman } as const;

/**
 * Leave-one-out correlation (dattri's `loo_corr`): over a sample of training points, a query's scores against how far its
 * target falls when the model is trained without the point, all runs with one seed. One correlation a query, then the
 * mean. With several seeds the fall is averaged over them. Seed noise swamps single points of most networks, so that
 * values near 0 are common for them.
 */
export const loo = defineMetric({
  id: 'loo',
  title: 'Leave-one-out correlation',
  description:
    'How well scores predict by how much the target of a query falls when one training point is left out: a correlation over points, averaged over queries.',
  revision: 1,
  higherIsBetter: true,
  needs: ['retraining'],
  params: {
    points: int({ default: 64, min: 3, help: 'training points left out, one at a time' }),
    seeds: int({ default: 1, min: 1, help: 'retrainings without each point' }),
    statistic: choice(['pearson', 'spearman'], { default: 'pearson', help: 'correlation over the points' }),
  },
  question: ({ points, seeds }, { target, train, queries }) =>
    `do scores predict how much the ${target} of ${queries} falls without each of ${points} of ${train} training points, ${retrainedTimes(seeds)}`,
  retrainings({ task }, { points, seeds }, _split, rng) {
    const left = rng.subset(task.train, Math.min(points, task.train));
    const members = Array.from(left, (point) => without(task.train, [point]));
    return withEachSeed(members, seeds);
  },
  evaluate({ task, scores, scoreShape, retrained }, { statistic }, split) {
    const left = retrained[0].members.map(missingPoint);
    const correlate = correlations[statistic];
    const queries = split.queries.length;
    const perQuery = new Float64Array(queries);
    const predictions = new Float64Array(left.length * queries);
    const outcomes = new Float64Array(left.length * queries);
    let undefinedQueries = 0;
    for (const [at, q] of split.queries.entries()) {
      const row = scoreShape === 'pairwise' ? q * task.train : 0;
      const own = Float64Array.from(left, (point) => scores[row + point]);
      const falls = Float64Array.from(left, (_, i) => -mean(retrained.map(({ targets }) => targets[i][q])));
      const value = correlate(own, falls);
      if (value === undefined) undefinedQueries++;
      perQuery[at] = value ?? 0;
      for (let i = 0; i < left.length; i++) {
        predictions[i * queries + at] = own[i];
        outcomes[i * queries + at] = falls[i];
      }
    }
    return { kind: 'correlation', value: mean([...perQuery]), perQuery, undefinedQueries, predictions, outcomes };
  },
});

/** The one point of 0 .. n that ascending members leave out. */
function missingPoint(members: Int32Array): number {
  const at = members.findIndex((point, i) => point !== i);
  return at === -1 ? members.length : at;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

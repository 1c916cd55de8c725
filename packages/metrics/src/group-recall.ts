import { BenchError, defineMetric, int, type MetricContext } from '@attribution-bench/contract';
import { mean } from '@attribution-bench/numerics';

/**
 * Recall at k: the share of the training points of a query's group that are among its k points of the highest scores. Points of
 * a group are near-duplicates (the skin tones of an emoji), which a method is to find without a truth from retraining. What
 * points of equal scores add is the mean over all orders of them, so that random and constant scores have k of the training
 * points, whatever the size of the groups. Queries of whose group no point is trained on do not count.
 */
export const groupRecall = defineMetric({
  id: 'group-recall',
  title: 'Recall of the group',
  description:
    "The share of the training points of a query's group, its near-duplicates, that are among its k points of the highest scores; random scores have k over the number of training points.",
  revision: 1,
  higherIsBetter: true,
  range: [0, 1],
  needs: ['groups'],
  params: { k: int({ default: 10, min: 1, help: 'how many of the highest points are looked at' }) },
  question: ({ k }, { train, queries }) =>
    `how much of a query's group is among its ${k} highest of ${train} training points (${queries})`,
  evaluate(ctx, { k }, split) {
    const { groups, task } = ctx;
    const perSampledQuery = Float64Array.from(
      Array.from(split.queries).flatMap((query) => recall(ctx, query, Math.min(k, task.train)) ?? []),
    );
    if (perSampledQuery.length > 0) return { kind: 'mean', value: mean(perSampledQuery), perSampledQuery };
    const grouped = split.queries.filter((query) => groups.queries[query] >= 0).length;
    throw new BenchError({
      code: 'METRIC_NO_QUERY',
      place: task.id,
      message: `group-recall has no query: of the groups of ${grouped} queries no point is trained on`,
      next: 'set data.choose to groups, or raise data.train or the number of queries',
    });
  },
});

/** Undefined where there is nothing to find. */
function recall(
  { scores, scoreShape, task: { train }, groups }: MetricContext<'groups'>,
  query: number,
  k: number,
): number | undefined {
  const group = groups.queries[query];
  if (!(group >= 0)) return undefined;
  const row = scoreShape === 'pairwise' ? query * train : 0;
  const own = scores.subarray(row, row + train);
  const least = own.slice().sort()[train - k];
  const count = (counts: (score: number, point: number) => boolean) =>
    own.reduce((sum, score, point) => sum + Number(counts(score, point)), 0);
  const ofGroup = (point: number) => groups.train[point] === group;
  const relevant = count((_, point) => ofGroup(point));
  if (relevant === 0) return undefined;
  const above = count((score) => score > least);
  const tied = count((score) => score === least);
  const found = count((score, point) => score > least && ofGroup(point));
  const foundTied = count((score, point) => score === least && ofGroup(point));
  return (found + (foundTied * (k - above)) / tied) / relevant;
}

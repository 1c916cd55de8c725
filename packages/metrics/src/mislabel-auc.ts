import { BenchError, defineMetric, type MetricContext, type Split } from '@attribution-bench/contract';
import { rocAuc } from '@attribution-bench/numerics';

/**
 * Area under the ROC curve of finding the training points whose label was flipped; ties count half. Points are ranked by
 * the method's own suspicion (`selfInfluence`, high = mislabelled: self-influence and its like). A method without one is
 * read by the sign rule: a mislabelled point lowers the targets of queries, so the lower the score, averaged over the
 * queries of the split for pairwise scores, the more suspicious the point.
 */
export const mislabelAuc = defineMetric({
  id: 'mislabel-auc',
  title: 'AUC of finding flipped labels',
  description:
    'How well suspicion tells training points with a flipped label from the others: the area under the ROC curve, 0.5 for random suspicion.',
  revision: 1,
  higherIsBetter: true,
  needs: ['label-noise'],
  params: {},
  question: (_params, { train }) => `does suspicion tell flipped labels from the others among ${train} training points`,
  evaluate(ctx, _params, split) {
    const { flipped, task } = ctx;
    const points = split.train ?? Int32Array.from(flipped, (_, i) => i);
    const suspicion = suspicionOf(ctx, split);
    const scores = Float64Array.from(points, (i) => suspicion[i]);
    const positive = Uint8Array.from(points, (i) => flipped[i]);
    const value = rocAuc(scores, positive);
    if (value === undefined) {
      throw new BenchError({
        code: 'METRIC_ONE_CLASS',
        place: task.id,
        message: `mislabel-auc needs flipped and unflipped labels; ${points.length} points have only one of them`,
        next: 'raise data.flipLabels or the number of training points',
      });
    }
    return { kind: 'detection', value, detection: { scores, positive } };
  },
});

/** High = suspicious, [train]. */
function suspicionOf(
  { selfInfluence, scores, scoreShape, task }: MetricContext<'label-noise'>,
  split: Split,
): ArrayLike<number> {
  if (selfInfluence !== undefined) return selfInfluence;
  if (scoreShape === 'global') return Float64Array.from(scores, (score) => -score);
  const sums = new Float64Array(task.train);
  for (const query of split.queries) {
    for (let i = 0; i < task.train; i++) sums[i] -= scores[query * task.train + i];
  }
  return sums;
}

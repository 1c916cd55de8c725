import {
  BenchError,
  bool,
  type MeanResult,
  type MetricContext,
  type Params,
  type PointMarks,
  type Retrained,
  type RetrainRequest,
  type Split,
} from '@attribution-bench/contract';
import { averagePrecision, mean } from '@attribution-bench/numerics';
import { without } from './members.js';

export const markedParams = {
  predicted: bool({
    default: true,
    help: 'whether only queries count that a model trained on all points predicts as the class they are explained as',
  }),
};

/** The one model whose predictions say which queries count. */
export function predictingModel(
  { task }: MetricContext,
  { predicted }: Params<typeof markedParams>,
): readonly RetrainRequest[] {
  return predicted ? [{ members: [without(task.train, [])], seed: 0, predict: true }] : [];
}

/**
 * How well scores find the marked training points for the marked queries of the split: the area under the precision-recall
 * curve of each query, averaged.
 * @param metric its id, for messages
 * @throws BenchError METRIC_NO_QUERY when no query counts
 */
export function foundForMarked(
  metric: string,
  { scores, scoreShape, task, retrained }: MetricContext & { readonly retrained: readonly Retrained[] },
  split: Split,
  { train, queries }: PointMarks,
): MeanResult {
  const marked = split.queries.filter((query) => queries[query] === 1);
  const right = retrained[0]?.right?.[0];
  const counting = right === undefined ? marked : marked.filter((query) => right[query] === 1);
  if (counting.length === 0)
    throw new BenchError({
      code: 'METRIC_NO_QUERY',
      place: task.id,
      message: `${metric} has no query: of ${marked.length} marked queries the model predicts none as the class that it is explained as`,
      next: 'raise queryShare, share or data.queries, or set its parameter predicted to false',
    });
  const perSampledQuery = Float64Array.from(counting, (query) => {
    const row = scoreShape === 'pairwise' ? query * task.train : 0;
    return averagePrecision(scores.subarray(row, row + task.train), train) ?? 0;
  });
  return { kind: 'mean', value: mean(perSampledQuery), perSampledQuery };
}

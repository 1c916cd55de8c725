import { BenchError, type ScoreShape, type Split, type Truth } from '@attribution-bench/contract';

/**
 * What scores predict for every subset of a split: the sum of a query's scores over the subset's members, in float64 and
 * in member order, [subsets × queries], row-major. Global scores predict the same for every query.
 * @param scores [queries × train] or [train], row-major
 * @throws BenchError METRIC_SCORES_SHAPE when `scores` has another length
 */
export function predictOutcomes(
  scores: Float32Array,
  scoreShape: ScoreShape,
  truth: Truth,
  split: Split,
): Float64Array {
  const { train } = truth;
  const expected = scoreShape === 'global' ? train : truth.queries * train;
  if (scores.length !== expected) {
    throw new BenchError({
      code: 'METRIC_SCORES_SHAPE',
      message: `${scoreShape} scores of ${truth.queries} queries and ${train} training points are ${expected} numbers, found ${scores.length}`,
    });
  }
  const predictions = new Float64Array(split.subsets.length * split.queries.length);
  let at = 0;
  for (const subset of split.subsets) {
    const members = truth.members[subset];
    if (scoreShape === 'global') {
      predictions.fill(sumOver(members, scores, 0), at, at + split.queries.length);
      at += split.queries.length;
    } else {
      for (const query of split.queries) predictions[at++] = sumOver(members, scores, query * train);
    }
  }
  return predictions;
}

function sumOver(members: Int32Array, scores: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < members.length; i++) sum += scores[offset + members[i]];
  return sum;
}

import { choice, defineMetric, type Split } from '@attribution-bench/contract';
import { pearson, spearman } from '@attribution-bench/numerics';
import { outcomesOf } from './outcomes.js';
import { predictOutcomes } from './predict-outcomes.js';

const correlations = { spearman, pearson } as const;

/**
 * Linear datamodeling score: how well the sum of a query's scores over a subset of the training set predicts the target
 * of that query after training on the subset (Park et al. 2023, arXiv:2303.14186, definition 2.3). One correlation over
 * the subsets a query, then the mean over queries. A correlation that is undefined because one side is constant counts
 * as 0 and is counted.
 */
export const lds = defineMetric({
  id: 'lds',
  title: 'Linear datamodeling score',
  description:
    'How well the sum of the scores of a random subset predicts the target of a query after training on it: a correlation over subsets, averaged over queries.',
  revision: 1,
  higherIsBetter: true,
  needs: ['truth'],
  params: {
    statistic: choice(['spearman', 'pearson'], {
      default: 'spearman',
      help: 'correlation over subsets: spearman (ranks, ties share the mean) or pearson',
    }),
  },
  evaluate({ scores, scoreShape, truth }, { statistic }, split) {
    const outcomes = outcomesOf(truth, split);
    const predictions = predictOutcomes(scores, scoreShape, truth, split);
    const correlate = correlations[statistic];
    const queries = split.queries.length;
    const perQuery = new Float64Array(queries);
    let undefinedQueries = 0;
    let sum = 0;
    for (let q = 0; q < queries; q++) {
      const value = correlate(column(predictions, split, q), column(outcomes, split, q));
      if (value === undefined) undefinedQueries++;
      perQuery[q] = value ?? 0;
      sum += perQuery[q];
    }
    return { kind: 'correlation', value: sum / queries, perQuery, undefinedQueries, predictions };
  },
});

function column(matrix: Float64Array, split: Split, q: number): Float64Array {
  const queries = split.queries.length;
  return Float64Array.from(split.subsets, (_, s) => matrix[s * queries + q]);
}

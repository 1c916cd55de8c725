import { defineMetric } from '@attribution-bench/contract';
import { foundForMarked, markedParams, predictingModel } from './marked-points.js';

/**
 * Points of another dataset, all with one label, are among the training points (`data.mixed`): how well scores find them for
 * queries of that dataset, by the area under the precision-recall curve of each query (Hammoudeh and Lowd 2022; quanda's
 * mixed datasets). Random scores have the share of those points, and a little more where they are few.
 */
export const mixedDataset = defineMetric({
  id: 'mixed-dataset',
  title: 'Mixed dataset detection',
  description:
    'How well scores find the training points of another dataset for queries of that dataset: the area under the precision-recall curve, averaged over queries.',
  revision: 1,
  higherIsBetter: true,
  range: [0, 1],
  needs: ['mixed', 'predictions', 'retraining'],
  params: markedParams,
  question: (_params, { train }) =>
    `do scores find the points of another dataset among ${train} training points for queries of that dataset`,
  retrainings: predictingModel,
  evaluate: (ctx, _params, split) => foundForMarked('mixed-dataset', ctx, split, ctx.mixed),
});

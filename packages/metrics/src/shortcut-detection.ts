import { defineMetric } from '@attribution-bench/contract';
import { foundForMarked, markedParams, predictingModel } from './marked-points.js';

/**
 * Some images of one class carry a trigger (`data.shortcut`), and so do queries of other classes, explained as that class:
 * how well scores find the training points with the trigger, by the area under the precision-recall curve of each query that
 * the model takes for the class (quanda's shortcut detection, after Koh and Liang 2017). Random scores have the share of
 * points with the trigger, and a little more where these are few.
 */
export const shortcutDetection = defineMetric({
  id: 'shortcut-detection',
  title: 'Shortcut detection',
  description:
    'How well scores find the training points with a trigger for queries that it makes the model take for another class: the area under the precision-recall curve, averaged over queries.',
  revision: 1,
  higherIsBetter: true,
  range: [0, 1],
  needs: ['shortcut', 'predictions', 'retraining'],
  params: markedParams,
  question: (_params, { train }) =>
    `do scores find the images with the trigger among ${train} training points for queries that carry it`,
  retrainings: predictingModel,
  evaluate: (ctx, _params, split) => foundForMarked('shortcut-detection', ctx, split, ctx.shortcut),
});

import { defineMetric } from '@attribution-bench/contract';
import { agreement, highestPointsAre, topParams } from './top-points.js';

/**
 * Classes are merged for training (`data.mergeClasses`): the share of a query's highest points that are of the class that it
 * had before (Hanawa et al. 2021, the identical subclass test; quanda's subclass detection, which takes the highest one).
 * Random scores have the share of that class among the training points.
 */
export const subclassDetection = defineMetric({
  id: 'subclass-detection',
  title: 'Subclass detection',
  description:
    "The share of a query's points of the highest scores that are of its class, where the model was trained on classes of several such.",
  revision: 1,
  higherIsBetter: true,
  range: [0, 1],
  needs: ['subclasses'],
  params: topParams,
  question: ({ top }, { queries }) =>
    `how often is it that ${highestPointsAre(top, queries)} of the class that was merged with others for training`,
  evaluate: (ctx, params, split) => agreement(ctx, params, split, ctx.subclasses),
});

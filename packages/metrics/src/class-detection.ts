import { defineMetric } from '@attribution-bench/contract';
import { agreement, highestPointsAre, topParams } from './top-points.js';

/**
 * The share of a query's highest points that are of its class (Hanawa et al. 2021, the identical class test; quanda's class
 * detection, which takes the highest one). Random scores have the share of the class, one over the number of classes where
 * they are even. A method that only knows labels has 1.
 */
export const classDetection = defineMetric({
  id: 'class-detection',
  title: 'Class detection',
  description: "The share of a query's points of the highest scores that are of its class.",
  revision: 1,
  higherIsBetter: true,
  range: [0, 1],
  needs: ['labels'],
  params: topParams,
  question: ({ top }, { queries }) => `how often is it that ${highestPointsAre(top, queries)} of its class`,
  evaluate: (ctx, params, split) => agreement(ctx, params, split, ctx.labels),
});

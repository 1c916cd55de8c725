import { defineMetric } from '@attribution-bench/contract';
import { extraChange, imageRemovals, removalParams, removalQuestion } from './image-removals.js';

/**
 * Counterfactual evaluation of a generator (Zheng et al. 2024, D-TRAK, section 4.2): the training points that a method
 * holds most responsible for a generated image are removed, the model is trained without them and draws the image again
 * from the same noise. The value is how much farther the image moves, in Euclidean distance of pixels in [-1, 1], than
 * without as many random points, averaged over images, random removals and seeds: 0 for random scores. Images are
 * compared with those of a model trained on all points with the same seed, where the paper compares with the first image,
 * whose seed is another, so that less of the distance is the seed's.
 */
export const counterfactual = defineMetric({
  id: 'counterfactual',
  title: 'Counterfactual image change',
  description:
    'How much farther a generated image moves in pixels after training without its points of the highest scores than without as many random ones.',
  revision: 2,
  higherIsBetter: true,
  needs: ['generated', 'retraining'],
  params: removalParams,
  question: (params, task) => removalQuestion(params, task, 'a generated image change in pixels'),
  retrainings: (ctx, params, split, rng) => imageRemovals(ctx, params, split, rng),
  evaluate: ({ retrained }) => extraChange(retrained, ({ images }) => images, euclidean),
});

function euclidean(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));
}

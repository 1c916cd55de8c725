import { choice, defineMetric, extractorParam, type ImageSpace, int, type Params } from '@attribution-bench/contract';
import { cosineDistance } from '@attribution-bench/numerics';
import { extraChange, imageRemovals, removalParams, removalQuestion } from './image-removals.js';

const spaceParams = {
  space: choice(['components', 'pixels', 'onnx'], {
    default: 'components',
    help: 'what images are compared in: principal components of the training points, pixels in [-1, 1], or an ONNX extractor',
  }),
  components: int({ default: 16, min: 1, help: 'principal components, at most; for space: components' }),
  extractor: extractorParam,
};

/**
 * The counterfactual evaluation of `counterfactual` with cosines in a feature space in the place of distances of pixels:
 * by how much more the cosine with the image of the full model falls without a method's points than without random ones.
 * The paper (Zheng et al. 2024, D-TRAK, section 4.2) takes CLIP's features: name them with `space: onnx`. The default
 * needs no file: coordinates along the leading principal components of the training points, about their mean. In the same
 * grid as `counterfactual`, with the same images, share, draws and seeds, no model is trained for it.
 */
export const counterfactualCosine = defineMetric({
  id: 'counterfactual-cosine',
  title: 'Counterfactual feature change',
  description:
    'How much more the cosine with a generated image falls, in a feature space, after training without its points of the highest scores than without as many random ones.',
  revision: 2,
  higherIsBetter: true,
  needs: ['generated', 'retraining'],
  params: { ...removalParams, ...spaceParams },
  sharesRetrainings: 'counterfactual',
  question: (params, task) => removalQuestion(params, task, 'the cosine with a generated image fall'),
  retrainings: (ctx, params, split, rng) => imageRemovals(ctx, params, split, rng),
  imageSpace: (params) => spaceOf(params),
  evaluate: ({ retrained }) => extraChange(retrained, ({ features }) => features, cosineDistance),
});

function spaceOf(params: Params<typeof spaceParams>): ImageSpace {
  const { space, components, extractor } = params;
  if (space === 'onnx') return { space, extractor };
  return space === 'pixels' ? { space } : { space, components };
}

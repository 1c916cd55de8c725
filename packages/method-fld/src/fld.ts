import { choice, defineMethod, extractorParam, featureRequest, int } from '@attribution-bench/contract';
import { commonSpace } from '@attribution-bench/numerics';
import { likelihoodScores } from './likelihood-scores.js';

/**
 * Feature likelihood as attribution: the Gaussians that feature likelihood divergence (Jiralerspong et al. 2023) fits
 * around generated points, here the queries, give each training point its log likelihood under each of them. The paper
 * judges whole generators; reading its fit point by point is ours.
 */
export default defineMethod({
  id: 'fld',
  title: 'Feature likelihood',
  family: 'generative',
  origin: 'adapted',
  cite: 'after Jiralerspong et al. 2023, arXiv:2302.04440',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['generator'],
  needs: ['features', 'checkpoints'],
  params: {
    space: choice(['inputs', 'penultimate', 'onnx'], {
      default: 'inputs',
      help: 'features: pixels, the input of the last layer of a trained model, or of an ONNX extractor',
    }),
    components: int({
      default: 0,
      min: 0,
      search: [0, 8, 16, 32],
      help: 'principal components of the features that are kept; 0: all features',
    }),
    extractor: extractorParam,
  },
  uses: ({ space }) => ({ checkpoints: space === 'penultimate' ? 1 : 0 }),
  async score(ctx, params) {
    const features = (of: 'train' | 'queries') =>
      ctx.features(featureRequest(of, params.space, params.extractor, ctx.checkpoints[0]));
    const train = await features('train');
    const queries = await features('queries');
    const space = await commonSpace(train.data, queries.data, train.shape[1], params.components);
    if (params.components > space.dims)
      ctx.log(
        `the training points span ${space.dims} principal components, fewer than the ${params.components} asked for`,
      );
    return likelihoodScores(space, ctx.rng('fit').permutation(ctx.task.train), (done) => {
      ctx.signal.throwIfAborted();
      ctx.progress(done);
    });
  },
});

import {
  choice,
  defineMethod,
  extractorFrom,
  extractorParams,
  type FeatureRequest,
  type PointSet,
} from '@attribution-bench/contract';
import { standardiser } from '@attribution-bench/numerics';
import { likelihoodScores } from './likelihood-scores.js';

/**
 * Feature likelihood as attribution: the Gaussians that feature likelihood divergence (Jiralerspong et al. 2023) fits
 * around generated images, here the queries, give each training point its log likelihood under each of them. The paper
 * judges whole generators; reading its fit point by point is ours.
 */
export default defineMethod({
  id: 'fld',
  title: 'Feature likelihood',
  family: 'generative',
  origin: 'adapted',
  cite: 'after Jiralerspong et al. 2023, arXiv:2302.04440',
  revision: 1,
  output: 'pairwise',
  tasks: ['generator'],
  needs: ['features', 'checkpoints', 'generated'],
  params: {
    space: choice(['inputs', 'penultimate', 'onnx'], {
      default: 'inputs',
      help: 'features: pixels, the input of the last layer of a trained model, or of an ONNX extractor',
    }),
    ...extractorParams,
  },
  uses: ({ space }) => ({ checkpoints: space === 'penultimate' ? 1 : 0 }),
  async score(ctx, params) {
    const { space } = params;
    const request = (of: PointSet): FeatureRequest => ({
      of,
      space,
      ...(space === 'penultimate' ? { checkpoint: ctx.checkpoints[0] } : {}),
      ...(space === 'onnx' ? { extractor: extractorFrom(params) } : {}),
    });
    const train = await ctx.features(request('train'));
    const queries = await ctx.features(request('queries'));
    const { apply, dims } = standardiser(train.data, train.shape[1]);
    const points = { train: apply(train.data), queries: apply(queries.data), dims };
    return likelihoodScores(points, ctx.rng('fit').permutation(ctx.task.train), (done) => {
      ctx.signal.throwIfAborted();
      ctx.progress(done);
    });
  },
});

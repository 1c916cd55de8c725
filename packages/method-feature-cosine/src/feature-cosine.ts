import { choice, defineMethod, extractorParam, featureRequest, int } from '@attribution-bench/contract';
import { similarities } from '@attribution-bench/numerics';

/**
 * Similarity of what a trained model makes of query and training point, the input of its last layer (the baseline "cosine
 * of the last hidden layer" of Hanawa et al. 2021), or an ONNX extractor. Labels do not come in.
 */
export default defineMethod({
  id: 'feature-cosine',
  title: 'Feature cosine',
  family: 'similarity',
  origin: 'baseline',
  cite: 'Hanawa et al. 2021, arXiv:2006.04528',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['features', 'checkpoints'],
  params: {
    measure: choice(['cosine', 'dot', 'euclidean'], {
      default: 'cosine',
      search: ['cosine', 'dot', 'euclidean'],
      help: 'cosine, inner product, or Euclidean distance negated',
    }),
    space: choice(['penultimate', 'onnx'], {
      default: 'penultimate',
      help: 'the input of the last layer of a trained model, or features of an ONNX extractor',
    }),
    checkpoints: int({
      default: 1,
      min: 1,
      search: [1, 3, 10],
      help: 'independently trained models whose similarities are averaged',
    }),
    extractor: extractorParam,
  },
  uses: ({ space, checkpoints }) => ({ checkpoints: space === 'penultimate' ? checkpoints : 0 }),
  async score(ctx, { measure, space, extractor }) {
    const { train, queries } = ctx.task;
    const models = space === 'penultimate' ? ctx.checkpoints : [undefined];
    const scores = new Float32Array(queries * train);
    for (const [index, model] of models.entries()) {
      const points = await ctx.features(featureRequest('train', space, extractor, model));
      const others = await ctx.features(featureRequest('queries', space, extractor, model));
      const alike = await similarities({
        queries: others.data,
        points: points.data,
        dims: points.shape[1],
        measure,
        onBlock(share) {
          ctx.signal.throwIfAborted();
          ctx.progress((index + share) / models.length);
        },
      });
      for (let i = 0; i < scores.length; i++) scores[i] += alike[i] / models.length;
    }
    return scores;
  },
});

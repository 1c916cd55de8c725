import { choice, defineMethod } from '@attribution-bench/contract';
import { similarities } from '@attribution-bench/numerics';

/** Similarity of the inputs themselves, as the model is fed them: what no model at all knows. */
export default defineMethod({
  id: 'pixel-similarity',
  title: 'Pixel similarity',
  family: 'similarity',
  origin: 'baseline',
  cite: 'baseline of Zheng et al. 2024, arXiv:2311.00500',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['features'],
  params: {
    measure: choice(['cosine', 'dot', 'euclidean'], {
      default: 'cosine',
      search: ['cosine', 'dot', 'euclidean'],
      help: 'cosine, inner product, or Euclidean distance negated',
    }),
  },
  async score(ctx, { measure }) {
    const points = await ctx.features({ of: 'train', space: 'inputs' });
    const queries = await ctx.features({ of: 'queries', space: 'inputs' });
    return similarities({
      queries: queries.data,
      points: points.data,
      dims: points.shape[1],
      measure,
      onBlock(share) {
        ctx.signal.throwIfAborted();
        ctx.progress(share);
      },
    });
  },
});

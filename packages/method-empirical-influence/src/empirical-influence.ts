import { defineMethod, int, num } from '@attribution-bench/contract';
import { withMinusWithout } from '@attribution-bench/numerics';

/**
 * Empirical influence (Feldman and Zhang 2020, arXiv:2008.03703): models are trained on random subsets of one size, and the score
 * of a training point for a query is the mean target of those that saw the point minus that of those that did not.
 */
export default defineMethod({
  id: 'empirical-influence',
  title: 'Empirical influence',
  family: 'retraining',
  origin: 'published',
  cite: 'Feldman and Zhang 2020, arXiv:2008.03703',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator', 'foreign'],
  needs: ['subsets'],
  params: {
    retrainings: int({ default: 128, min: 2, help: 'models trained, each on a subset of its own' }),
    fraction: num({ default: 0.5, min: 0.01, max: 0.99, help: 'share of the training set that a subset keeps' }),
  },
  uses: ({ retrainings, fraction }) => ({ subsets: { draw: 'fraction', count: retrainings, fraction } }),
  async score(ctx) {
    const { members, targets } = await ctx.subsets();
    return withMinusWithout(members, targets, ctx.task, (share) => {
      ctx.signal.throwIfAborted();
      ctx.progress(share);
    });
  },
});

import { defineMethod, int, list, num } from '@attribution-bench/contract';
import { lassoOfMany, lowValues } from '@attribution-bench/numerics';
import { ameFeatures, centredByShare } from './ame-features.js';

/**
 * Average marginal effects (Lin et al. 2022, arXiv:2206.10013): how much a point raises the utility when it joins a random subset that
 * keeps each other point with a probability drawn from a list. Estimated by a lasso on scaled masks, since few points matter.
 * The utility is the target of a query.
 */
export default defineMethod({
  id: 'ame',
  title: 'AME',
  family: 'retraining',
  origin: 'published',
  cite: 'Lin et al. 2022, arXiv:2206.10013',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['subsets'],
  params: {
    retrainings: int({ default: 128, min: 10, help: 'models trained, as many for each share' }),
    shares: list(num({ min: 0.05, max: 0.95, help: 'probability that a point is kept' }), {
      default: [0.2, 0.4, 0.6, 0.8],
      help: 'probabilities with which subsets keep points',
    }),
    penalty: num({
      default: 0,
      min: 0,
      max: 1,
      search: [0, 0.1, 0.3],
      help: 'λ of the lasso as a share of the smallest one that leaves no weight; 0: by cross-validation',
    }),
  },
  uses: ({ retrainings, shares }) => ({ subsets: { draw: 'bernoulli', count: retrainings, shares } }),
  async fit(ctx, { shares, penalty }) {
    const { members, targets } = await ctx.subsets();
    const { columns, scale } = ameFeatures(members, shares, ctx.task.train);
    const centred = centredByShare(targets, members.length, shares.length);
    const fitted = lassoOfMany(columns, centred, { rows: members.length, given: penalty }, (done) => {
      ctx.signal.throwIfAborted();
      ctx.progress(done);
    });
    const error =
      fitted.error === undefined ? '' : `, cross-validated error ${fitted.error.toPrecision(3)} of that of the mean`;
    ctx.log(`λ ${fitted.share.toPrecision(3)} of the largest on ${members.length} subsets${error}`);
    return { effects: fitted.weights.map((weight) => weight * scale) };
  },
  async score(ctx, _params, { effects }) {
    ctx.signal.throwIfAborted();
    return Float32Array.from(effects);
  },
  async selfInfluence(ctx, _params, { effects }) {
    return lowValues(Float32Array.from(effects), ctx.task.train);
  },
});

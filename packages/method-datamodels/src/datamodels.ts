import { defineMethod, num } from '@attribution-bench/contract';
import { centredKernel, weightsOfPoints } from '@attribution-bench/numerics';
import { dualRidge } from './dual-ridge.js';

/**
 * Linear datamodels (Ilyas et al. 2022, arXiv:2202.00622): for each query a linear model from which training points a subset
 * keeps to the query's target after training on it. The weight of a point is its score. Fitted by ridge regression.
 */
export default defineMethod({
  id: 'datamodels',
  title: 'Datamodels (ridge)',
  family: 'retraining',
  origin: 'published',
  cite: 'Ilyas et al. 2022, arXiv:2202.00622',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['foreign'],
  needs: ['subsets'],
  params: {
    ridge: num({
      default: 0,
      min: 0,
      search: { from: 0.1, to: 1000, scale: 'log' },
      help: 'λ of ‖y - b - Xw‖² + λ‖w‖², with masks X of 0 and 1; 0: of a fixed list the one with the smallest leave-one-out error',
    }),
  },
  adapted: () => 'ridge regression in place of the lasso',
  async fit(ctx, { ridge }) {
    const { members, targets } = await ctx.subsets();
    const kernel = await centredKernel(members, ctx.task.train);
    ctx.signal.throwIfAborted();
    const fitted = await dualRidge(kernel, targets, members.length, ridge);
    const { looShare } = fitted;
    const error = looShare === undefined ? '' : `, leave-one-out error ${looShare.toPrecision(3)} of that of the mean`;
    ctx.log(`ridge ${fitted.ridge.toPrecision(3)} on ${members.length} subsets${error}`);
    return { coefficients: fitted.coefficients };
  },
  async score(ctx, _params, { coefficients }) {
    const { members } = await ctx.subsets();
    const { train, queries } = ctx.task;
    return weightsOfPoints(Float64Array.from(coefficients), members, { train, queries }, (share) => {
      ctx.signal.throwIfAborted();
      ctx.progress(share);
    });
  },
});

import { choice, defineMethod, int, num, type SubsetOutcomes } from '@attribution-bench/contract';
import { centredKernel, lassoOfMany, maskColumns, weightsOfPoints } from '@attribution-bench/numerics';
import { dualRidge } from './dual-ridge.js';

/**
 * Linear datamodels (Ilyas et al. 2022, arXiv:2202.00622): for each query a linear model from which training points a subset
 * keeps to the query's target after training on it. The weight of a point is its score. Fitted by ridge regression, or by the
 * lasso as in the paper.
 */
export default defineMethod({
  id: 'datamodels',
  title: 'Datamodels',
  family: 'retraining',
  origin: 'published',
  cite: 'Ilyas et al. 2022, arXiv:2202.00622',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator', 'foreign'],
  needs: ['subsets'],
  params: {
    retrainings: int({ default: 128, min: 10, help: 'models trained, each on a subset of its own' }),
    fraction: num({ default: 0.5, min: 0.01, max: 0.99, help: 'share of the training set that a subset keeps' }),
    regression: choice(['ridge', 'lasso'], {
      default: 'ridge',
      search: ['ridge', 'lasso'],
      help: 'how the linear models are fitted; the paper takes the lasso, on many more subsets',
    }),
    ridge: num({
      default: 0,
      min: 0,
      help: 'ridge: λ of ‖y - b - Xw‖² + λ‖w‖², with masks X of 0 and 1; 0: of a fixed list the one with the smallest leave-one-out error',
    }),
    penalty: num({
      default: 0,
      min: 0,
      max: 1,
      help: 'lasso: λ as a share of the smallest one that leaves no weight; 0: by cross-validation',
    }),
  },
  uses: ({ retrainings, fraction }) => ({ subsets: { draw: 'fraction', count: retrainings, fraction } }),
  adapted: (_task, { regression }) => (regression === 'ridge' ? 'ridge regression in place of the lasso' : undefined),
  async fit(ctx, { regression, ridge, penalty }) {
    const outcomes = await ctx.subsets();
    const subsets = outcomes.members.length;
    const each = (done: number) => {
      ctx.signal.throwIfAborted();
      ctx.progress(done);
    };
    each(0);
    if (regression === 'lasso') {
      const { weights, share, error } = lassoWeights(outcomes, ctx.task.train, penalty, each);
      ctx.log(
        `lasso, λ ${share.toPrecision(3)} of the largest, on ${subsets} subsets${errorText('cross-validated', error)}`,
      );
      return { weights };
    }
    const fitted = await dualRidge(
      await centredKernel(outcomes.members, ctx.task.train),
      outcomes.targets,
      subsets,
      ridge,
    );
    ctx.log(`ridge ${fitted.ridge.toPrecision(3)} on ${subsets} subsets${errorText('leave-one-out', fitted.looShare)}`);
    return { coefficients: fitted.coefficients };
  },
  async score(ctx, _params, { coefficients, weights }) {
    ctx.signal.throwIfAborted();
    if (weights !== undefined) return Float32Array.from(weights);
    const { members } = await ctx.subsets();
    const { train, queries } = ctx.task;
    return weightsOfPoints(Float64Array.from(coefficients), members, { train, queries }, (share) => {
      ctx.signal.throwIfAborted();
      ctx.progress(share);
    });
  },
});

function lassoWeights(
  { members, targets }: SubsetOutcomes,
  train: number,
  given: number,
  each: (done: number) => void,
) {
  return lassoOfMany(maskColumns(members, train), targets, { rows: members.length, given }, each);
}

function errorText(kind: string, share: number | undefined): string {
  return share === undefined ? '' : `, ${kind} error ${share.toPrecision(3)} of that of the mean`;
}

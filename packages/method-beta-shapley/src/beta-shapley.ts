import {
  defineMethod,
  fewPrefixes,
  type MethodContext,
  num,
  orderParams,
  ordersOf,
  usesOrders,
} from '@attribution-bench/contract';
import { betaShapleyWeights, lowValues, orderValues } from '@attribution-bench/numerics';

interface Settings {
  readonly retrainings: number;
  readonly positions: number;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Beta Shapley (Kwon and Zou 2022, arXiv:2110.14049): the mean gain of the utility when a point joins those before it in a random
 * order, weighted by how many these are. Beta(alpha, 1) counts gains over few points more, where noise drowns them less. The
 * utility is the target of a query.
 */
export default defineMethod({
  id: 'beta-shapley',
  title: 'Beta Shapley',
  family: 'retraining',
  origin: 'published',
  cite: 'Kwon and Zou 2022, arXiv:2110.14049',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['subsets'],
  params: {
    ...orderParams,
    alpha: num({
      default: 4,
      min: 0.1,
      max: 100,
      search: [1, 4, 16],
      help: 'larger: gains over few points count more',
    }),
    beta: num({ default: 1, min: 0.1, max: 100, help: 'larger: gains over many points count more' }),
  },
  uses: usesOrders,
  adapted: (_task, params) => fewPrefixes(params),
  score: values,
  async selfInfluence(ctx, params) {
    return lowValues(await values(ctx, params), ctx.task.train);
  },
});

async function values(ctx: MethodContext<'subsets'>, params: Settings): Promise<Float32Array> {
  const outcomes = { ...(await ctx.subsets()), orders: ordersOf(params) };
  const weights = betaShapleyWeights(ctx.task.train, params.alpha, params.beta);
  return orderValues(outcomes, ctx.task, { weights, tolerance: 0 }, (done) => {
    ctx.signal.throwIfAborted();
    ctx.progress(done);
  });
}

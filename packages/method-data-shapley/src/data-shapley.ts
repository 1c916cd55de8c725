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
  readonly tolerance: number;
}

/**
 * Data Shapley (Ghorbani and Zou 2019, arXiv:1904.02868): the mean gain of the utility when a point joins those that come before it
 * in a random order of the training set. The utility is the target of a query. Where the paper trains a model after every point
 * and stops an order once its utility has come close to that of all points, here a few prefixes of every order are trained,
 * settled beforehand, and what comes after the truncation is set to 0.
 */
export default defineMethod({
  id: 'data-shapley',
  title: 'Data Shapley (TMC)',
  family: 'retraining',
  origin: 'published',
  cite: 'Ghorbani and Zou 2019, arXiv:1904.02868',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['subsets'],
  params: {
    ...orderParams,
    tolerance: num({
      default: 0,
      min: 0,
      max: 1,
      search: [0, 0.05, 0.2],
      help: 'an order is truncated when this share of its gain is left; 0: never',
    }),
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
  const weights = betaShapleyWeights(ctx.task.train, 1, 1);
  return orderValues(outcomes, ctx.task, { weights, tolerance: params.tolerance }, (done) => {
    ctx.signal.throwIfAborted();
    ctx.progress(done);
  });
}

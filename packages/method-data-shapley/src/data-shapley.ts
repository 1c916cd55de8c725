import { defineMethod, int, type MethodContext, num } from '@attribution-bench/contract';
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
  tasks: ['classifier', 'generator'],
  needs: ['subsets'],
  params: {
    retrainings: int({ default: 128, min: 2, help: 'models trained, positions for each random order' }),
    positions: int({ default: 8, min: 2, help: 'prefixes of each order that are trained, of evenly spaced sizes' }),
    tolerance: num({
      default: 0,
      min: 0,
      max: 1,
      search: [0, 0.05, 0.2],
      help: 'an order is truncated when this share of its gain is left; 0: never',
    }),
  },
  uses: (params) => ({ subsets: { draw: 'permutations', count: ordersOf(params), positions: params.positions } }),
  adapted: (_task, { positions }) =>
    `${positions} prefixes of each order in place of all, points between two of them sharing what they gain`,
  score: values,
  async selfInfluence(ctx, params) {
    return lowValues(await values(ctx, params), ctx.task.train);
  },
});

function ordersOf({ retrainings, positions }: Omit<Settings, 'tolerance'>): number {
  return Math.ceil(retrainings / positions);
}

async function values(ctx: MethodContext<'subsets'>, params: Settings): Promise<Float32Array> {
  const outcomes = { ...(await ctx.subsets()), orders: ordersOf(params) };
  const weights = betaShapleyWeights(ctx.task.train, 1, 1);
  return orderValues(outcomes, ctx.task, { weights, tolerance: params.tolerance }, (done) => {
    ctx.signal.throwIfAborted();
    ctx.progress(done);
  });
}

import { defineMethod, formatCount, int, type MethodContext } from '@attribution-bench/contract';
import { lowValues } from '@attribution-bench/numerics';
import { fallsWithoutEach } from './without-each.js';

/** Each of them is a training run; what is known of them grows with the square of the points. */
const mostModels = 10_000;

/**
 * Leave-one-out (Cook 1977): by how much the target of a query falls when the model is trained without a point, from the same
 * initial weights.
 */
export default defineMethod({
  id: 'leave-one-out',
  title: 'Leave-one-out',
  family: 'retraining',
  origin: 'baseline',
  cite: 'Cook 1977, Technometrics 19(1)',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['subsets'],
  params: {
    seeds: int({ default: 1, min: 1, help: 'training runs without each point, whose falls are averaged' }),
  },
  uses: ({ seeds }) => ({ subsets: { draw: 'leave-one-out', seeds } }),
  supports: ({ train }, { seeds }) =>
    seeds * (1 + train) <= mostModels ||
    `would train ${formatCount(seeds * (1 + train))} models, one without each training point, and ${formatCount(mostModels)} are the limit`,
  score: values,
  async selfInfluence(ctx) {
    return lowValues(await values(ctx), ctx.task.train);
  },
});

async function values(ctx: MethodContext<'subsets'>): Promise<Float32Array> {
  ctx.signal.throwIfAborted();
  const { targets } = await ctx.subsets();
  return fallsWithoutEach(targets, ctx.task);
}

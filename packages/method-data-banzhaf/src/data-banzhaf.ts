import { choice, defineMethod, int, type MethodContext } from '@attribution-bench/contract';
import { lowValues, withMinusWithout } from '@attribution-bench/numerics';

/**
 * Data Banzhaf (Wang and Jia 2023, arXiv:2205.15466) by maximum sample reuse: the mean utility of random subsets that keep a point
 * minus that of those that do not, each point being kept with probability 1/2. The utility is the target of a query.
 */
export default defineMethod({
  id: 'data-banzhaf',
  title: 'Data Banzhaf',
  family: 'retraining',
  origin: 'published',
  cite: 'Wang and Jia 2023, arXiv:2205.15466',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['subsets'],
  params: {
    retrainings: int({ default: 128, min: 2, help: 'models trained, each on a subset of its own' }),
    draw: choice(['bernoulli', 'halves'], {
      default: 'bernoulli',
      help: 'bernoulli: each point with probability 1/2; halves: subsets of half the points, whose models empirical-influence shares',
    }),
  },
  uses: ({ retrainings: count, draw }) => ({
    subsets: draw === 'halves' ? { draw: 'fraction', count, fraction: 0.5 } : { draw, count, shares: [0.5] },
  }),
  adapted: (_task, { draw }) =>
    draw === 'halves' ? 'subsets of one size in place of points drawn independently' : undefined,
  score: values,
  async selfInfluence(ctx) {
    return lowValues(await values(ctx), ctx.task.train);
  },
});

async function values(ctx: MethodContext<'subsets'>): Promise<Float32Array> {
  const { members, targets } = await ctx.subsets();
  return withMinusWithout(members, targets, ctx.task, (share) => {
    ctx.signal.throwIfAborted();
    ctx.progress(share);
  });
}

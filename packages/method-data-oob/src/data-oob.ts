import { defineMethod, int, type MethodContext } from '@attribution-bench/contract';
import { outOfBagMeans } from './out-of-bag.js';

/**
 * Data-OOB (Kwon and Zou 2023, arXiv:2304.07718): how often models trained on bootstrap samples without a point get its label right.
 * One value for each training point, the same for every query.
 */
export default defineMethod({
  id: 'data-oob',
  title: 'Data-OOB',
  family: 'retraining',
  origin: 'published',
  cite: 'Kwon and Zou 2023, arXiv:2304.07718',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['subsets'],
  params: {
    retrainings: int({ default: 128, min: 2, help: 'models trained, each on a bootstrap sample of the training set' }),
  },
  uses: ({ retrainings }) => ({ subsets: { draw: 'bootstrap', count: retrainings } }),
  adapted: ({ kind }) =>
    kind === 'generator' ? 'the negative denoising loss of a point in place of whether its label is right' : undefined,
  expectSignal: false,
  score: values,
  async selfInfluence(ctx) {
    return (await values(ctx)).map((value) => -value);
  },
});

async function values(ctx: MethodContext<'subsets'>): Promise<Float32Array> {
  ctx.signal.throwIfAborted();
  const { members, onTrain = new Float32Array() } = await ctx.subsets();
  return Float32Array.from(outOfBagMeans(members, onTrain, ctx.task.train));
}

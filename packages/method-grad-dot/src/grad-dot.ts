import { defineMethod, overTimesteps, projectionParams, timestepsParams } from '@attribution-bench/contract';
import { addRowProducts, squaredNorms } from '@attribution-bench/numerics';

/** First-order effect of one more gradient step on the training point at the end of training (Charpiat et al. 2019). */
export default defineMethod({
  id: 'grad-dot',
  title: 'Grad-Dot',
  family: 'gradient',
  origin: 'baseline',
  cite: 'Charpiat et al. 2019, arXiv:2102.05262',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['checkpoints', 'gradients'],
  params: { ...projectionParams('none'), ...timestepsParams },
  async score(ctx, { projection, projDim, timesteps }) {
    const { train, queries } = ctx.task;
    const [checkpoint] = ctx.checkpoints;
    const common = {
      checkpoint,
      projection: { kind: projection, dim: projDim, seed: ctx.seed('projection') },
      ...overTimesteps(ctx.task, timesteps),
    };
    const scores = new Float32Array(queries * train);
    await addRowProducts({
      left: ctx.gradients({ ...common, of: 'queries', output: 'target' }),
      leftRows: queries,
      right: () => ctx.gradients({ ...common, of: 'train', output: 'loss' }),
      rightRows: train,
      into: scores,
      scale: -1, // a training step goes against the gradient of its loss
      onBlock(share) {
        ctx.signal.throwIfAborted();
        ctx.progress(share);
      },
    });
    return scores;
  },
  async selfInfluence(ctx, { projection, projDim, timesteps }) {
    const [checkpoint] = ctx.checkpoints;
    const scores = new Float32Array(ctx.task.train);
    const gradients = ctx.gradients({
      of: 'train',
      checkpoint,
      output: 'loss',
      projection: { kind: projection, dim: projDim, seed: ctx.seed('projection') },
      ...overTimesteps(ctx.task, timesteps),
    });
    for await (const block of gradients) {
      ctx.signal.throwIfAborted();
      scores.set(squaredNorms(block), block.start);
    }
    return scores;
  },
});

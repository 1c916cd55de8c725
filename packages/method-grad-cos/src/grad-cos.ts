import { defineMethod, overTimesteps, projectionParams, timestepsParams } from '@attribution-bench/contract';
import { addRowProducts, unitRows } from '@attribution-bench/numerics';

/** Cosine between the gradient of the query's target and the descent direction of the training point's loss. */
export default defineMethod({
  id: 'grad-cos',
  title: 'Grad-Cos',
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
      left: unitRows(ctx.gradients({ ...common, of: 'queries', output: 'target' })),
      leftRows: queries,
      right: () => unitRows(ctx.gradients({ ...common, of: 'train', output: 'loss' })),
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
});

import {
  bySuspicion,
  defineMethod,
  earlyModels,
  earlyParams,
  overTimesteps,
  projectionParams,
  timestepsParams,
  usesEarly,
} from '@attribution-bench/contract';
import { squaredNorms } from '@attribution-bench/numerics';

/**
 * GraNd (Paul et al. 2021, definition 2.1): the expected length of the gradient of a point's loss early in training, over
 * training runs.
 */
export default defineMethod({
  id: 'grand',
  title: 'GraNd',
  family: 'complexity',
  origin: 'published',
  cite: 'Paul et al. 2021, arXiv:2107.07075',
  revision: 1,
  scoreShape: 'global',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['gradients', 'trajectory'],
  params: { ...earlyParams, ...projectionParams('none'), ...timestepsParams },
  expectSignal: false,
  uses: usesEarly,
  adapted: ({ kind }) => (kind === 'classifier' ? undefined : 'the paper has classifiers'),
  async fit(ctx, { projection, projDim, timesteps }) {
    const { train } = ctx.task;
    const models = earlyModels(ctx.trajectory);
    const suspicion = new Float64Array(train);
    for (const [run, checkpoint] of models.entries()) {
      const rows = ctx.gradients({
        of: 'train',
        checkpoint,
        output: 'loss',
        projection: { kind: projection, dim: projDim, seed: ctx.seed(`projection ${run}`) },
        ...overTimesteps(ctx.task, timesteps),
      });
      for await (const block of rows) {
        ctx.signal.throwIfAborted();
        for (const [row, square] of squaredNorms(block).entries())
          suspicion[block.start + row] += Math.sqrt(square) / models.length;
        ctx.progress((run + (block.start + block.rows) / train) / models.length);
      }
    }
    return { suspicion };
  },
  ...bySuspicion,
});

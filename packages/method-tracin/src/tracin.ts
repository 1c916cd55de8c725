import {
  bool,
  defineMethod,
  int,
  type MethodContext,
  overTimesteps,
  type PointSet,
  type ProjectionKind,
  projectionParams,
  type RowBlock,
  timestepsParams,
} from '@attribution-bench/contract';
import { addRowProducts, squaredNorms, unitRows } from '@attribution-bench/numerics';

/**
 * TracInCP (Pruthi et al. 2020, section 3.2): sum over checkpoints c of one training run of
 * lr_c ∇target_c(query) · (-∇loss_c(point)).
 */
export default defineMethod({
  id: 'tracin',
  title: 'TracInCP',
  family: 'gradient',
  origin: 'published',
  cite: 'Pruthi et al. 2020, arXiv:2002.08484',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'generator'],
  needs: ['trajectory', 'gradients'],
  params: {
    checkpoints: int({
      default: 5,
      min: 1,
      search: [1, 3, 5, 10],
      help: 'models along the training run, evenly spread over its epochs',
    }),
    normalised: bool({
      default: false,
      search: [false, true],
      help: 'gradients scaled to length 1: GAS (Hammoudeh and Lowd 2022, arXiv:2201.10055)',
    }),
    ...projectionParams('none'),
    ...timestepsParams,
  },
  uses: ({ checkpoints }) => ({ trajectory: checkpoints }),
  async score(ctx, params) {
    const { train, queries } = ctx.task;
    const scores = new Float32Array(queries * train);
    for (const [index, { learningRate }] of ctx.trajectory.entries()) {
      await addRowProducts({
        left: gradientRows(ctx, params, index, 'queries'),
        leftRows: queries,
        right: () => gradientRows(ctx, params, index, 'train'),
        rightRows: train,
        into: scores,
        scale: -learningRate, // a training step goes against the gradient of its loss
        onBlock(share) {
          ctx.signal.throwIfAborted();
          ctx.progress((index + share) / ctx.trajectory.length);
        },
      });
    }
    return scores;
  },
  async selfInfluence(ctx, params) {
    const scores = new Float32Array(ctx.task.train);
    for (const [index, { learningRate }] of ctx.trajectory.entries()) {
      for await (const block of gradientRows(ctx, params, index, 'train')) {
        ctx.signal.throwIfAborted();
        const norms = squaredNorms(block);
        for (let row = 0; row < block.rows; row++) scores[block.start + row] += learningRate * norms[row];
      }
    }
    return scores;
  },
});

interface RowParams {
  readonly normalised: boolean;
  readonly projection: ProjectionKind;
  readonly projDim: number;
  readonly timesteps: number;
}

function gradientRows(
  ctx: MethodContext<'trajectory' | 'gradients'>,
  { normalised, projection, projDim, timesteps }: RowParams,
  index: number,
  of: PointSet,
): AsyncIterable<RowBlock> {
  const rows = ctx.gradients({
    of,
    checkpoint: ctx.trajectory[index],
    output: of === 'train' ? 'loss' : 'target',
    projection: { kind: projection, dim: projDim, seed: ctx.seed(`projection ${index}`) },
    ...overTimesteps(ctx.task, timesteps),
  });
  return normalised ? unitRows(rows) : rows;
}

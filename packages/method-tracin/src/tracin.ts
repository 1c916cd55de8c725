import {
  bool,
  defineMethod,
  int,
  type MethodContext,
  type MethodState,
  overTimesteps,
  type Params,
  type PointSet,
  projectionParams,
  type RowBlock,
  timestepsParams,
} from '@attribution-bench/contract';
import { addRowProducts, blocksOf, collectRows, squaredNorms, unitRows } from '@attribution-bench/numerics';

/** Gradients up to this size are kept for `score`; larger ones are computed again. */
const keptGradientBytes = 2 ** 28;
const rowsAtOnce = 256;

const params = {
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
};
/** What gradients depend on besides the models. */
const gradientParams = ['projection', 'projDim', 'timesteps'] as const;
type GradientParams = Pick<Params<typeof params>, (typeof gradientParams)[number]>;
type RowParams = GradientParams & Pick<Params<typeof params>, 'normalised'>;
type Context = MethodContext<'trajectory' | 'gradients'>;

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
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['trajectory', 'gradients'],
  params,
  uses: ({ checkpoints }) => ({ trajectory: checkpoints }),
  stages: { fit: gradientParams, queries: gradientParams },

  /** `gradients<c>`: ∇loss of every training point at checkpoint c, [train × columns], where kept. */
  fit: (ctx, params) => keptGradients(ctx, params, 'train'),

  /** `gradients<c>`: ∇target of every query at checkpoint c, [queries × columns], where kept. */
  queries: (ctx, params) => keptGradients(ctx, params, 'queries'),

  async score(ctx, params, state, queryState) {
    const { train, queries } = ctx.task;
    const scores = new Float32Array(queries * train);
    for (const [index, { learningRate }] of ctx.trajectory.entries()) {
      await addRowProducts({
        left: gradientRows(ctx, params, index, 'queries', queryState),
        leftRows: queries,
        right: () => gradientRows(ctx, params, index, 'train', state),
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

  async selfInfluence(ctx, params, state) {
    const scores = new Float32Array(ctx.task.train);
    for (const [index, { learningRate }] of ctx.trajectory.entries()) {
      for await (const block of gradientRows(ctx, params, index, 'train', state)) {
        ctx.signal.throwIfAborted();
        const norms = squaredNorms(block);
        for (let row = 0; row < block.rows; row++) scores[block.start + row] += learningRate * norms[row];
      }
    }
    return scores;
  },
});

async function keptGradients(ctx: Context, params: GradientParams, of: PointSet): Promise<MethodState> {
  const { parameters, [of]: points } = ctx.task;
  const columns = params.projection === 'none' ? parameters : params.projDim;
  const state: Record<string, Float32Array> = {};
  if (4 * points * columns * ctx.trajectory.length > keptGradientBytes) return state;
  for (const index of ctx.trajectory.keys()) {
    ctx.signal.throwIfAborted();
    state[`gradients${index}`] = (await collectRows(gradients(ctx, params, index, of), points)).data;
    ctx.progress((index + 1) / ctx.trajectory.length);
  }
  return state;
}

/** Gradients of every point at one checkpoint, kept ones or anew, at the length that is asked for. */
function gradientRows(
  ctx: Context,
  params: RowParams,
  index: number,
  of: PointSet,
  state: MethodState,
): AsyncIterable<RowBlock> {
  const kept = state[`gradients${index}`] as Float32Array | undefined;
  if (kept === undefined) {
    const rows = gradients(ctx, params, index, of);
    return params.normalised ? unitRows(rows) : rows;
  }
  const columns = kept.length / ctx.task[of];
  // What is kept is not to be scaled in place.
  return params.normalised
    ? unitRows(blocksOf(kept.slice(), columns, rowsAtOnce))
    : blocksOf(kept, columns, rowsAtOnce);
}

function gradients(
  ctx: Context,
  { projection, projDim, timesteps }: GradientParams,
  index: number,
  of: PointSet,
): AsyncIterable<RowBlock> {
  return ctx.gradients({
    of,
    checkpoint: ctx.trajectory[index],
    output: of === 'train' ? 'loss' : 'target',
    projection: { kind: projection, dim: projDim, seed: ctx.seed(`projection ${index}`) },
    ...overTimesteps(ctx.task, timesteps),
  });
}

import {
  defineMethod,
  type GradientRequest,
  int,
  type MethodContext,
  type Params,
  projectionParams,
  type RowBlock,
  ridgeParams,
  timestepsSearch,
  uniformTimesteps,
} from '@attribution-bench/contract';
import {
  blocksOf,
  collectRows,
  type KernelShape,
  kernelMatrix,
  ridgeKernel,
  wholeBlock,
} from '@attribution-bench/numerics';

const rowsAtOnce = 1024;

const params = {
  timesteps: int({
    default: 10,
    min: 1,
    search: timestepsSearch,
    help: 'noise levels over which gradients of training points are averaged',
  }),
  ...projectionParams('gaussian'),
  ...ridgeParams,
};
/** What features of queries depend on, which are taken at the steps of the sampler. */
const queryParams = ['projection', 'projDim'] as const;
type Context = MethodContext<'checkpoints' | 'gradients'>;

/**
 * Journey-TRAK (Georgiev et al. 2023, section 3, over all steps of the sampler as sail-sg/D-TRAK runs it): with f the
 * denoising loss, φ(query) = Pᵀ mean_s ∇f(x̂_s, t_s) along the path that the generated query was drawn on, φ(point) =
 * Pᵀ mean_t ∇f(x, t), and score = φ(query)ᵀ (ΦᵀΦ + λI)⁻¹ φ(point).
 */
export default defineMethod({
  id: 'journey-trak',
  title: 'Journey-TRAK',
  family: 'gradient',
  origin: 'adapted',
  cite: 'Georgiev et al. 2023, arXiv:2312.06205',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['generator'],
  needs: ['checkpoints', 'gradients'],
  params,
  stages: { fit: [...queryParams, 'timesteps'], queries: queryParams },
  supports({ queries, generated = 0 }) {
    if (generated === queries) return true;
    const heldout = queries - generated;
    return `explains how queries were drawn, and ${heldout} of ${queries} are held-out points: set queries.heldout to 0`;
  },

  /** `features`: Φ, [train × columns]; `kernel`: the smaller of ΦᵀΦ and ΦΦᵀ. */
  async fit(ctx, params) {
    const timesteps = uniformTimesteps(ctx.task.diffusionSteps, params.timesteps);
    const { data, cols } = await collectRows(features(ctx, params, { of: 'train', timesteps }), ctx.task.train);
    return { features: data, kernel: await kernelMatrix(blocksOf(data, cols, rowsAtOnce), shapeOf(ctx, data)) };
  },

  /** `features`: φ of the queries, [queries × columns]. */
  async queries(ctx, params) {
    const rows = features(ctx, params, { of: 'queries', timesteps: 'sampling' });
    return { features: (await collectRows(rows, ctx.task.queries)).data };
  },

  async score(ctx, params, state, queryState) {
    const { train, queries } = ctx.task;
    const phi = state.features as Float32Array;
    const shape = shapeOf(ctx, phi);
    const kernel = await ridgeKernel(state.kernel as Float64Array, shape, {
      ridge: params.ridge,
      unit: params.ridgeUnit,
      name: 'journey-trak: kernel of the training features',
    });
    const scores = new Float32Array(queries * train);
    await kernel.addScores({
      queries: wholeBlock(queryState.features as Float32Array, queries),
      phi: () => blocksOf(phi, shape.columns, rowsAtOnce),
      into: scores,
      scale: 1,
      onBlock: (share) => {
        ctx.signal.throwIfAborted();
        ctx.progress(share);
      },
    });
    return scores;
  },
});

function shapeOf({ task }: Context, features: Float32Array): KernelShape {
  const columns = features.length / task.train;
  return { points: task.train, columns, form: task.train < columns ? 'points' : 'columns' };
}

/** φ of some points: blocks of [rows × columns]. */
async function* features(
  ctx: Context,
  { projection, projDim }: Pick<Params<typeof params>, (typeof queryParams)[number]>,
  at: Pick<GradientRequest, 'of' | 'timesteps'>,
): AsyncGenerator<RowBlock> {
  const rows = ctx.gradients({
    ...at,
    checkpoint: ctx.checkpoints[0],
    output: 'loss',
    projection: { kind: projection, dim: projDim, seed: ctx.seed('projection') },
  });
  for await (const block of rows) {
    ctx.signal.throwIfAborted();
    yield block;
  }
}

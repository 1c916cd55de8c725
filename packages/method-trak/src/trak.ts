import {
  bool,
  type Checkpoint,
  choice,
  defineMethod,
  int,
  type MethodContext,
  type MethodState,
  type NumericArray,
  num,
  type Output,
  overTimesteps,
  type Params,
  type PointSet,
  projectionParams,
  type RowBlock,
  ridgeParams,
  timestepsParams,
} from '@attribution-bench/contract';
import {
  blocksOf,
  collectRows,
  type KernelShape,
  kernelMatrix,
  type RidgeKernel,
  ridgeKernel,
  wholeBlock,
} from '@attribution-bench/numerics';
import * as tf from '@tensorflow/tfjs';
import { columnsOf, momentMatrices, type Part, type Preconditioner, preconditioner } from './preconditioner.js';

/** Features up to this size are kept for `score`; larger ones are computed again. */
const keptFeatureBytes = 2 ** 30;
const rowsAtOnce = 1024;

const params = {
  ...projectionParams('rademacher'),
  checkpoints: int({
    default: 5,
    min: 1,
    search: [1, 5, 10],
    help: 'independently trained models, each with a projection of its own',
  }),
  fraction: num({
    default: 1,
    min: 0.01,
    max: 1,
    help: 'share of the training points that each of them is trained on, drawn for each; 0.5: halves, as in dattri',
  }),
  ...ridgeParams,
  rescale: choice(['none', 'mean-abs-inverse'], {
    default: 'none',
    help: 'mean-abs-inverse: divide each inverse by its mean absolute entry, as MadryLab/trak does',
  }),
  ...timestepsParams,
  output: choice(['margin', 'loss'], {
    default: 'margin',
    readOn: ['classifier'],
    help: 'what is differentiated, of training points and queries alike; the gradient of the loss has the factor 1 - p in it already',
  }),
  kernel: choice(['joint', 'by-layer'], {
    default: 'joint',
    help: 'by-layer: one kernel per layer, which leaves out what gradients of different layers have in common; projection logra or none',
  }),
  layerColumns: int({
    default: 256,
    min: 1,
    help: 'kernel by-layer: columns of each layer, at most its parameters, in place of projDim in all',
  }),
  queryMoments: num({
    default: 0,
    min: 0,
    max: 1,
    help: 'share of the second moments of the queries in the kernel, the rest are those of the training points',
  }),
  queryComponents: int({
    default: 0,
    min: 0,
    help: 'sets queryMoments so that both parts have the same eigenvalue there: this many directions common among queries lose weight',
  }),
  unitNorm: bool({ default: false, help: 'scale features to unit length once they are multiplied by kernel^(-1/2)' }),
};
/** What features and kernels depend on besides the models. */
const featureParams = ['projection', 'projDim', 'timesteps', 'output', 'kernel', 'layerColumns'] as const;
type TrakParams = Params<typeof params>;
type FeatureParams = Pick<TrakParams, (typeof featureParams)[number]>;
type Context = MethodContext<'checkpoints' | 'gradients'>;

/**
 * TRAK (Park et al. 2023, section 3, and MadryLab/trak where paper and code differ). With features φ = Pᵀ∇f / √p of the
 * margin f under each checkpoint c, with a fresh projection P, and Φ those of the training set:
 * score = mean_c [φ_c(query)ᵀ (Φ_cᵀΦ_c + λI)⁻¹ φ_c(point)] × mean_c [1 - p_c(point)].
 * Of a regressor f is the prediction, and in place of 1 - p stands the slope of the loss that training goes down; queries have
 * the gradient of the target.
 */
export default defineMethod({
  id: 'trak',
  title: 'TRAK',
  family: 'gradient',
  origin: 'published',
  cite: 'Park et al. 2023, arXiv:2303.14186',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['classifier', 'regressor', 'generator'],
  needs: ['checkpoints', 'gradients'],
  params,
  uses: ({ checkpoints, fraction }) => ({ checkpoints, ...(fraction < 1 && { checkpointFraction: fraction }) }),
  supports: (_, params) => {
    const { kernel, projection, rescale, queryMoments, queryComponents } = params;
    if (kernel === 'by-layer' && projection !== 'logra' && projection !== 'none')
      return `kernel by-layer needs the projection logra or none, not ${projection}`;
    if (queryMoments > 0 && queryComponents > 0) return 'queryMoments and queryComponents exclude each other';
    return rescale === 'none' || !isPreconditioned(params)
      ? true
      : `rescale ${rescale} is for the joint kernel of the training points, without unitNorm`;
  },
  adapted: ({ kind }, params) => {
    const changed = [
      kind === 'classifier' && params.output === 'loss' ? 'gradients of the loss' : [],
      params.kernel === 'by-layer' ? 'a kernel per layer' : [],
      mixesQueries(params) ? 'second moments of the queries in the kernel' : [],
      params.unitNorm ? 'features of unit length' : [],
    ].flat();
    return changed.length === 0 ? undefined : `LoGra and TrackStar, not TRAK, have ${changed.join(', ')}`;
  },
  stages: { fit: featureParams, queries: featureParams },

  /**
   * `kernel<c>`: the smaller kernel of Φ_c, or those of all layers one after the other; `features<c>`: Φ_c where kept;
   * `outToLoss`: mean_c [1 - p_c], [train].
   */
  async fit(ctx, params) {
    const shape = shapeOf(ctx, params);
    const keep = shape.form === 'points' || isKept(ctx, shape.points * shape.columns);
    const state: Record<string, NumericArray> = { outToLoss: await meanOutToLoss(ctx, params) };
    for (const index of ctx.checkpoints.keys()) {
      const kept = new Float32Array(keep ? shape.points * shape.columns : 0);
      const rows = watched(ctx, features(ctx, params, index, 'train'), index);
      const used = keep ? copying(rows, kept) : rows;
      state[`kernel${index}`] = await (params.kernel === 'joint'
        ? kernelMatrix(used, shape)
        : momentMatrices(used, partsOf(ctx, params)));
      if (keep) state[`features${index}`] = kept;
    }
    return state;
  },

  /** `features<c>`: φ of the queries under checkpoint c, where kept. */
  async queries(ctx, params) {
    const state: Record<string, NumericArray> = {};
    if (!isKept(ctx, ctx.task.queries * shapeOf(ctx, params).columns)) return state;
    for (const index of ctx.checkpoints.keys()) {
      const rows = watched(ctx, features(ctx, params, index, 'queries'), index, ctx.task.queries);
      state[`features${index}`] = (await collectRows(rows, ctx.task.queries)).data;
    }
    return state;
  },

  async score(ctx, params, state, queryState) {
    const { train, queries } = ctx.task;
    const scores = new Float32Array(queries * train);
    for (const index of ctx.checkpoints.keys()) {
      const queries = await queryFeatures(ctx, params, index, queryState);
      const { kernel, scale } = await openKernel(ctx, params, index, state, queries);
      await kernel.addScores({
        queries,
        phi: () => trainFeatures(ctx, params, index, state),
        into: scores,
        scale,
        onBlock(share) {
          ctx.signal.throwIfAborted();
          ctx.progress((index + share) / ctx.checkpoints.length);
        },
      });
    }
    for (let i = 0; i < scores.length; i++) scores[i] *= state.outToLoss[i % train];
    return scores;
  },

  /** The score of each point as its own query, before features are scaled to unit length, with no moments of queries. */
  async selfInfluence(ctx, params, state) {
    const scores = new Float32Array(ctx.task.train);
    for (const index of ctx.checkpoints.keys()) {
      const { kernel, scale } = await openKernel(ctx, params, index, state);
      const leverages = await kernel.leverages(watched(ctx, trainFeatures(ctx, params, index, state), index));
      for (let i = 0; i < scores.length; i++) scores[i] += scale * leverages[i];
    }
    return scores.map((score, point) => score * state.outToLoss[point]);
  },
});

/** f = log p_y / (1 - p_y) = -log Σ_{j≠y} exp(logit_j - logit_y), which stays exact where p_y rounds to 1. */
function margin(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const own = tf.sum(tf.mul(logits, labels), -1, true);
  return tf.neg(tf.logSumExp(tf.sub(tf.sub(logits, own), tf.mul(labels, 1e30)), -1));
}

/** |d loss / d f| = 1 - p_y, written 1 / (1 + e^f) so that it does not round to 0 where p_y is nearly 1. */
function outToLoss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.sigmoid(tf.neg(margin(logits, labels)));
}

/** Mean over checkpoints of -d loss / d f of each training point, [train]; 1 where f is the loss itself. */
async function meanOutToLoss(ctx: Context, params: FeatureParams): Promise<Float32Array> {
  const mean = new Float32Array(ctx.task.train);
  if (outputOf(ctx, params, 'train') === 'loss') return mean.fill(1);
  const regresses = ctx.task.kind === 'regressor';
  for (const checkpoint of ctx.checkpoints) {
    ctx.signal.throwIfAborted();
    const asked = { of: 'train', checkpoint } as const;
    const values = await (regresses ? descents(ctx, asked) : ctx.outputs({ ...asked, output: outToLoss }));
    for (let i = 0; i < mean.length; i++) mean[i] += values[i] / ctx.checkpoints.length;
  }
  return mean;
}

/** What is differentiated of points of a set. */
function outputOf({ task }: Context, { output }: FeatureParams, of: PointSet): Output {
  if (task.kind === 'regressor') return of === 'queries' ? 'target' : predicted;
  return task.kind === 'generator' || output === 'loss' ? 'loss' : margin;
}

function predicted(prediction: tf.Tensor): tf.Tensor {
  return tf.sum(prediction, -1);
}

function missing(prediction: tf.Tensor, response: tf.Tensor): tf.Tensor {
  return tf.sum(tf.sub(response, prediction), -1);
}

/** Share of r² from which r² - 2 loss is no rounding error. */
const rounding = 1e-5;

/**
 * -d loss / d prediction of each training point of a regressor, from what the prediction misses, r, and the loss: r where the
 * loss is r²/2, and |r| - √(r² - 2 loss) with the sign of r where it is Huber's, which is linear there.
 */
async function descents(ctx: Context, asked: { of: PointSet; checkpoint: Checkpoint }): Promise<Float32Array> {
  const errors = await ctx.outputs({ ...asked, output: missing });
  const losses = await ctx.outputs({ ...asked, output: 'loss' });
  return errors.map((error, point) => {
    const excess = error ** 2 - 2 * losses[point];
    return excess <= rounding * error ** 2 ? error : Math.sign(error) * (Math.abs(error) - Math.sqrt(excess));
  });
}

/** The columns that have a kernel of their own: all, or those of each layer. */
function partsOf({ task }: Context, { kernel, projection, projDim, layerColumns }: FeatureParams): Part[] {
  const projected = projection !== 'none';
  if (kernel === 'joint') return [{ name: 'all', columns: projected ? projDim : task.parameters }];
  return task.layers.map(({ name, size }) => ({ name, columns: projected ? Math.min(size, layerColumns) : size }));
}

function shapeOf(ctx: Context, params: FeatureParams): KernelShape {
  const points = ctx.task.train;
  const columns = columnsOf(partsOf(ctx, params));
  return { points, columns, form: params.kernel === 'joint' && points < columns ? 'points' : 'columns' };
}

function mixesQueries({ queryMoments, queryComponents }: TrakParams): boolean {
  return queryMoments > 0 || queryComponents > 0;
}

/** Whether the kernel is anything but TRAK's own. */
function isPreconditioned(params: TrakParams): boolean {
  return params.kernel === 'by-layer' || params.unitNorm || mixesQueries(params);
}

/** φ of every point under one checkpoint: blocks of [rows × columns]. */
async function* features(ctx: Context, params: FeatureParams, index: number, of: PointSet): AsyncGenerator<RowBlock> {
  const { projection, projDim, kernel, layerColumns, timesteps } = params;
  const scale = 1 / Math.sqrt(ctx.task.parameters);
  const rows = ctx.gradients({
    of,
    checkpoint: ctx.checkpoints[index],
    output: outputOf(ctx, params, of),
    projection: {
      kind: projection,
      dim: projDim,
      ...(kernel === 'by-layer' && { layerDim: layerColumns }),
      seed: ctx.seed(`projection ${index}`),
    },
    ...overTimesteps(ctx.task, timesteps),
  });
  for await (const block of rows) {
    for (let i = 0; i < block.rows * block.cols; i++) block.data[i] *= scale;
    yield block;
  }
}

function trainFeatures(
  ctx: Context,
  params: FeatureParams,
  index: number,
  state: MethodState,
): AsyncIterable<RowBlock> {
  const kept = state[`features${index}`] as Float32Array | undefined;
  return kept === undefined
    ? features(ctx, params, index, 'train')
    : blocksOf(kept, shapeOf(ctx, params).columns, rowsAtOnce);
}

async function queryFeatures(
  ctx: Context,
  params: FeatureParams,
  index: number,
  state: MethodState,
): Promise<RowBlock> {
  const kept = state[`features${index}`] as Float32Array | undefined;
  const { queries } = ctx.task;
  return kept === undefined ? collectRows(features(ctx, params, index, 'queries'), queries) : wholeBlock(kept, queries);
}

/** Whether features of all checkpoints, so many numbers each, are kept between stages. */
function isKept(ctx: Context, numbers: number): boolean {
  return 4 * numbers * ctx.checkpoints.length <= keptFeatureBytes;
}

/**
 * The kernel of one checkpoint and the factor by which its scores enter the mean.
 * @param queries whose second moments it may have
 */
async function openKernel(
  ctx: Context,
  params: TrakParams,
  index: number,
  state: MethodState,
  queries?: RowBlock,
): Promise<{ kernel: RidgeKernel | Preconditioner; scale: number }> {
  ctx.signal.throwIfAborted();
  const shape = shapeOf(ctx, params);
  const stored = state[`kernel${index}`] as Float64Array;
  const options = { ridge: params.ridge, unit: params.ridgeUnit, name: `trak: kernel of checkpoint ${index}` };
  if (isPreconditioned(params)) {
    const parts = partsOf(ctx, params);
    const kernel = await preconditioner(
      shape.form === 'columns' ? stored : await momentMatrices(trainFeatures(ctx, params, index, state), parts),
      { ...options, ...params, parts, points: shape.points, queries },
    );
    return { kernel, scale: 1 / ctx.checkpoints.length };
  }
  const kernel = await ridgeKernel(stored, shape, options);
  const divisor = params.rescale === 'none' ? 1 : await kernel.meanAbsInverse(trainFeatures(ctx, params, index, state));
  return { kernel, scale: 1 / (divisor * ctx.checkpoints.length) };
}

async function* watched(
  ctx: Context,
  rows: AsyncIterable<RowBlock>,
  index: number,
  points = ctx.task.train,
): AsyncGenerator<RowBlock> {
  for await (const block of rows) {
    ctx.signal.throwIfAborted();
    yield block;
    ctx.progress((index + (block.start + block.rows) / points) / ctx.checkpoints.length);
  }
}

async function* copying(rows: AsyncIterable<RowBlock>, out: Float32Array): AsyncGenerator<RowBlock> {
  for await (const block of rows) {
    out.set(block.data.subarray(0, block.rows * block.cols), block.start * block.cols);
    yield block;
  }
}

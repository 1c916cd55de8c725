import {
  choice,
  defineMethod,
  int,
  type MethodContext,
  type OutputFunction,
  type Params,
  type PointSet,
  projectionParams,
  type RowBlock,
  ridgeParams,
  timestepsSearch,
  uniformTimesteps,
} from '@attribution-bench/contract';
import {
  collectRows,
  type KernelShape,
  kernelMatrix,
  type RidgeKernel,
  ridgeKernel,
  squaredNorms,
  wholeBlock,
} from '@attribution-bench/numerics';
import * as tf from '@tensorflow/tfjs';

/** The smallest normal number of float32, about. */
const leastNormal = 1.2e-38;

/** Functions of the predicted noise e and the noise ε that was added, one number per sample, by their names in the paper's code. */
export const outputs = {
  'mean-squared-l2-norm': (e) => tf.mean(tf.square(e), -1),
  loss: (e, noise) => tf.mean(tf.square(tf.sub(e, noise)), -1),
  mean: (e) => tf.mean(e, -1),
  'l1-norm': (e) => tf.sum(tf.abs(e), -1),
  'l2-norm': (e) => length(e),
  'linf-norm': (e) => tf.max(tf.abs(e), -1),
} satisfies Record<string, OutputFunction>;
/** |e|, by its largest entry so that squares do not vanish; its gradient e / |e| is 0 for a vector of zeros. */
function length(e: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const largest = tf.maximum(tf.max(tf.abs(x), -1, true), leastNormal);
    const scaled = tf.div(x, largest);
    const norm = tf.sqrt(tf.sum(tf.square(scaled), -1, true));
    save([tf.div(scaled, tf.maximum(norm, leastNormal))]);
    const gradFunc = (dy: tf.Tensor, [direction]: tf.Tensor[]) => tf.mul(tf.expandDims(dy, -1), direction);
    return { value: tf.squeeze(tf.mul(largest, norm), [-1]), gradFunc };
  })(e);
}

type OutputName = keyof typeof outputs;

const params = {
  output: choice(Object.keys(outputs) as OutputName[], {
    default: 'mean-squared-l2-norm',
    help: 'what is differentiated, of training points and queries alike; loss: TRAK for diffusion models',
  }),
  timesteps: int({
    default: 10,
    min: 1,
    search: timestepsSearch,
    help: 'noise levels over which gradients are averaged',
  }),
  strategy: choice(['uniform', 'cumulative'], {
    default: 'uniform',
    help: 'uniform: spread over all noise levels, from 0; cumulative: the first ones',
  }),
  ...projectionParams('gaussian'),
  ...ridgeParams,
  normalise: choice(['none', 'relative', 'renormalised'], {
    default: 'none',
    help: 'relative: divide by |(ΦᵀΦ + λI)⁻¹ φ(point)|; renormalised: by |φ(point)|',
  }),
};
/** What features depend on. */
const featureParams = ['output', 'timesteps', 'strategy', 'projection', 'projDim'] as const;
type Context = MethodContext<'checkpoints' | 'gradients'>;
type DTrakParams = Params<typeof params>;
type FeatureParams = Pick<DTrakParams, (typeof featureParams)[number]>;

/**
 * D-TRAK (Zheng et al. 2024, equations 10 and 11): φ = Pᵀ mean_t ∇f(x_t, t), the gradient averaged over noise levels
 * before it is projected, and score = φ(query)ᵀ (ΦᵀΦ + λI)⁻¹ φ(point), with f not the loss but another function of the
 * prediction.
 */
export default defineMethod({
  id: 'd-trak',
  title: 'D-TRAK',
  family: 'gradient',
  origin: 'published',
  cite: 'Zheng et al. 2024, arXiv:2311.00500',
  revision: 2,
  scoreShape: 'pairwise',
  tasks: ['generator'],
  needs: ['checkpoints', 'gradients'],
  params,
  stages: { fit: featureParams, queries: featureParams },

  /** `features`: Φ, [train × columns]; `kernel`: the smaller of ΦᵀΦ and ΦΦᵀ. */
  async fit(ctx, params) {
    const all = await collectRows(features(ctx, params, 'train'), ctx.task.train);
    return { features: all.data, kernel: await kernelMatrix(rowsOf(all), shapeOf(ctx, params)) };
  },

  /** `features`: φ of the queries, [queries × columns]. */
  async queries(ctx, params) {
    return { features: (await collectRows(features(ctx, params, 'queries'), ctx.task.queries)).data };
  },

  async score(ctx, params, state, queryState) {
    const { train, queries } = ctx.task;
    const shape = shapeOf(ctx, params);
    const kernel = await ridgeKernel(state.kernel as Float64Array, shape, {
      ridge: params.ridge,
      unit: params.ridgeUnit,
      name: 'd-trak: kernel of the training features',
    });
    const phi = wholeBlock(state.features as Float32Array, train);
    const scores = new Float32Array(queries * train);
    await kernel.addScores({
      queries: wholeBlock(queryState.features as Float32Array, queries),
      phi: () => rowsOf(phi),
      into: scores,
      scale: 1,
      onBlock: (share) => {
        ctx.signal.throwIfAborted();
        ctx.progress(share);
      },
    });
    const divisors = await divisorsOf(kernel, phi, params.normalise);
    if (divisors !== undefined) for (let i = 0; i < scores.length; i++) scores[i] /= divisors[i % train];
    return scores;
  },
});

/** What the scores of each training point are divided by, [train]; 1 where that would be 0. */
async function divisorsOf(
  kernel: RidgeKernel,
  phi: RowBlock,
  normalise: DTrakParams['normalise'],
): Promise<Float64Array | undefined> {
  if (normalise === 'none') return undefined;
  const squares = normalise === 'renormalised' ? squaredNorms(phi) : await kernel.solvedSquaredNorms(rowsOf(phi));
  return squares.map((square) => (square > 0 ? Math.sqrt(square) : 1));
}

function shapeOf({ task }: Context, { projection, projDim }: FeatureParams): KernelShape {
  const columns = projection === 'none' ? task.parameters : projDim;
  return { points: task.train, columns, form: task.train < columns ? 'points' : 'columns' };
}

/** φ of every point: blocks of [rows × columns]. */
async function* features(ctx: Context, params: FeatureParams, of: PointSet): AsyncGenerator<RowBlock> {
  const rows = ctx.gradients({
    of,
    checkpoint: ctx.checkpoints[0],
    output: outputs[params.output],
    timesteps: noiseLevels(ctx.task.diffusionSteps, params),
    projection: { kind: params.projection, dim: params.projDim, seed: ctx.seed('projection') },
  });
  for await (const block of rows) {
    ctx.signal.throwIfAborted();
    yield block;
  }
}

/** uniform: 0, T/K, 2T/K ... with K timesteps of T; cumulative: 0 to K - 1. */
export function noiseLevels(
  steps: number,
  { timesteps, strategy }: Pick<DTrakParams, 'timesteps' | 'strategy'>,
): number[] {
  if (strategy === 'uniform') return uniformTimesteps(steps, timesteps);
  return Array.from({ length: Math.min(timesteps, steps) }, (_, t) => t);
}

async function* rowsOf(block: RowBlock): AsyncGenerator<RowBlock> {
  yield block;
}

import {
  bool,
  choice,
  defineMethod,
  type MethodContext,
  type NdArray,
  num,
  type PointSet,
} from '@attribution-bench/contract';
import { matmul } from '@attribution-bench/numerics';
import * as tf from '@tensorflow/tfjs';
import { fitHead, softmaxRows } from './fit-head.js';

const queriesAtOnce = 64;

const params = {
  l2: num({
    default: 0.003,
    min: 1e-8,
    search: { from: 1e-4, to: 1, scale: 'log' },
    help: 'λ of the penalty λ |Θ|² on the last layer, twice a weight decay',
  }),
  fitTo: choice(['predictions', 'labels'], {
    default: 'predictions',
    search: ['predictions', 'labels'],
    help: 'what the last layer is fitted to: the probabilities that the model predicts, or the labels',
  }),
  explain: choice(['target', 'class'], {
    default: 'target',
    help: "what scores explain: the task's target, to first order in the logits, or the logit of the query's class as in the paper",
  }),
  bias: bool({ default: true, help: 'whether features end with a constant 1' }),
  kernel: choice(['dot', 'cosine'], {
    default: 'dot',
    search: ['dot', 'cosine'],
    help: 'product of the features of point and query; cosine weighs points by direction alone, and scores no longer sum to logits',
  }),
};

type Context = MethodContext<'labels' | 'features' | 'checkpoints' | 'gradients'>;

/**
 * RPS-L2 (Yeh et al. 2018, theorem 3.1): the last layer of a model is fitted again with an L2 penalty, until its gradient is 0. Its
 * logits are then sums over training points, Φ(x) = Σ_i α_i f_iᵀf(x) with α_i = -(1 / (2 λ n)) ∂L_i / ∂Φ(x_i) and f the input of
 * the layer, and score = Σ_c ∂target/∂Φ_c(query) α_ic f_iᵀf(query).
 */
export default defineMethod({
  id: 'rps',
  title: 'RPS-L2',
  family: 'influence',
  origin: 'published',
  cite: 'Yeh et al. 2018, arXiv:1811.09720',
  revision: 1,
  scoreShape: 'pairwise',
  tasks: ['classifier'],
  needs: ['labels', 'features', 'checkpoints', 'gradients'],
  params,
  stages: { fit: ['l2', 'fitTo', 'bias'], queries: ['explain'] },
  supports({ layers, classes }) {
    const last = layers[layers.length - 1];
    return (
      (last.kind === 'dense' && last.size % classes === 0) || `needs a dense last layer; ${last.name} is ${last.kind}`
    );
  },
  adapted: ({ target }, { explain }) =>
    explain === 'target' ? `the paper explains logits; here the target ${target} to first order in them` : undefined,

  /** `alpha`: representer values α, [train × classes]. */
  async fit(ctx, { l2, fitTo, bias }) {
    const { classes } = ctx.task;
    const features = await featuresOf(ctx, 'train', bias);
    const { alpha } = await fitHead({
      features: features.data,
      width: features.shape[1],
      targets: fitTo === 'labels' ? oneHot(ctx.labels('train'), classes) : await predictions(ctx),
      classes,
      l2,
      onStep: () => ctx.signal.throwIfAborted(),
    });
    return { alpha };
  },

  /** `slopes`: derivatives by the logits of what is explained of each query, [queries × classes]. */
  async queries(ctx, { explain }) {
    return { slopes: explain === 'class' ? oneHot(ctx.labels('queries'), ctx.task.classes) : await targetSlopes(ctx) };
  },

  async score(ctx, { bias, kernel }, state, queryState) {
    const { train, queries, classes } = ctx.task;
    const [points, others] = [await featuresOf(ctx, 'train', bias), await featuresOf(ctx, 'queries', bias)];
    const width = points.shape[1];
    if (kernel === 'cosine') for (const { data } of [points, others]) scaleRows(data, width);
    const alpha = state.alpha as Float64Array;
    const slopes = queryState.slopes as Float64Array;
    const scores = new Float32Array(queries * train);
    for (let first = 0; first < queries; first += queriesAtOnce) {
      ctx.signal.throwIfAborted();
      const m = Math.min(queriesAtOnce, queries - first);
      const rows = (all: Float64Array, cols: number) => all.subarray(first * cols, (first + m) * cols);
      const alike = await matmul(rows(others.data, width), points.data, { m, k: width, n: train, transposeB: true });
      const weights = await matmul(rows(slopes, classes), alpha, { m, k: classes, n: train, transposeB: true });
      for (let i = 0; i < alike.length; i++) scores[first * train + i] = weights[i] * alike[i];
      ctx.progress((first + m) / queries);
    }
    return scores;
  },

  /**
   * α_i of the point's own label (section 4.1). Fitted to labels it is what the other points leave unexplained; fitted to
   * predictions it is how far the model backs the label, and counts negatively.
   */
  async selfInfluence(ctx, { fitTo }, state) {
    ctx.signal.throwIfAborted();
    const { classes } = ctx.task;
    const sign = fitTo === 'labels' ? 1 : -1;
    return Float32Array.from(ctx.labels('train'), (label, i) => sign * state.alpha[i * classes + label]);
  },
});

/** Inputs of the last layer in float64, with a constant 1 at the end of each where it has a bias, [points × width]. */
async function featuresOf(ctx: Context, of: PointSet, bias: boolean): Promise<NdArray<Float64Array>> {
  const { shape, data } = await ctx.features({ of, space: 'penultimate', checkpoint: ctx.checkpoints[0] });
  const [points, dims] = shape;
  const width = dims + (bias ? 1 : 0);
  const rows = new Float64Array(points * width).fill(1);
  for (let point = 0; point < points; point++) rows.set(data.subarray(point * dims, (point + 1) * dims), point * width);
  return { shape: [points, width], data: rows };
}

function oneHot(labels: Int32Array, classes: number): Float64Array {
  const rows = new Float64Array(labels.length * classes);
  for (const [point, label] of labels.entries()) rows[point * classes + label] = 1;
  return rows;
}

/** Probabilities that the model predicts for the training points, [train × classes]. */
async function predictions(ctx: Context): Promise<Float64Array> {
  const { train, classes } = ctx.task;
  const rows = new Float64Array(train * classes);
  for (let c = 0; c < classes; c++) {
    ctx.signal.throwIfAborted();
    const logits = await ctx.outputs({
      of: 'train',
      checkpoint: ctx.checkpoints[0],
      output: (logits) => tf.squeeze(tf.slice(logits, [0, c], [-1, 1]), [1]),
    });
    for (let point = 0; point < train; point++) rows[point * classes + c] = logits[point];
  }
  softmaxRows(rows, classes);
  return rows;
}

/**
 * ∂target/∂Φ_c of each query, [queries × classes]. By the last layer's weights [width × classes], the gradient of the target is
 * f ⊗ ∂target/∂Φ and that of the sum of all logits f ⊗ 1, with the same factor where the model scales its logits. A query whose
 * f is 0 has no gradient and gets no slope.
 */
async function targetSlopes(ctx: Context): Promise<Float64Array> {
  const { queries, classes, layers } = ctx.task;
  const { offset, size } = layers[layers.length - 1];
  const slopes = new Float64Array(queries * classes);
  const request = { of: 'queries', checkpoint: ctx.checkpoints[0] } as const;
  const rows = async (output: 'target' | ((logits: tf.Tensor) => tf.Tensor)) => {
    const kept = new Float64Array(queries * size);
    for await (const { start, rows, cols, data } of ctx.gradients({ ...request, output })) {
      ctx.signal.throwIfAborted();
      for (let row = 0; row < rows; row++)
        kept.set(data.subarray(row * cols + offset, row * cols + offset + size), (start + row) * size);
    }
    return kept;
  };
  const [byTarget, bySum] = [await rows('target'), await rows((logits) => tf.sum(logits, -1))];
  for (let query = 0; query < queries; query++)
    for (let c = 0; c < classes; c++) {
      let [product, square] = [0, 0];
      for (let i = query * size + c; i < (query + 1) * size; i += classes) {
        product += byTarget[i] * bySum[i];
        square += bySum[i] ** 2;
      }
      slopes[query * classes + c] = square === 0 ? 0 : product / square;
    }
  return slopes;
}

/** Scales each row to length 1 in place; a row of zeros stays zero. */
function scaleRows(rows: Float64Array, width: number): void {
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let i = 0; i < width; i++) row[i] /= length;
  }
}

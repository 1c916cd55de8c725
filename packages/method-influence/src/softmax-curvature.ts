import { addMatmul, matmul } from '@attribution-bench/numerics';
import type { System, Watch } from './solvers/solver.js';

/** Largest difference of products with C, as a share of their length, that float32 accounts for. */
const tolerance = 1e-3;

/** Inputs of the one layer and probabilities of the classes, of some training points. */
interface Predictions {
  readonly points: number;
  /** [points × width], the constant 1 of the bias included */
  readonly inputs: Float64Array;
  /** [points × classes] */
  readonly probabilities: Float64Array;
}

/**
 * C of a classifier that is one dense layer z = xᵀW under a softmax, in closed form:
 * mean over points of x xᵀ ⊗ (diag(p) - p pᵀ), which is both its Hessian and its Gauss-Newton matrix (Böhning 1992).
 * Whether a model of one layer is of that form is found out by one product with C.
 * @returns the lower triangle, row by row, [p (p + 1) / 2]; undefined where the model is another one
 */
export async function softmaxCurvature(system: System, watch: Watch): Promise<Float32Array | undefined> {
  const { task, layerMatrices } = system.ctx;
  const [matrix, ...others] = layerMatrices;
  const { width, outputs } = matrix;
  const one = others.length === 0 && matrix.inputs === 'dense' && width * outputs === task.parameters;
  if (task.kind !== 'classifier' || !one || outputs !== task.classes) return undefined;
  if (!(await isSoftmax(system, width, outputs))) return undefined;
  const between = await betweenClasses(system, width, outputs, watch);
  return packed(between, width, outputs, task.train);
}

/** The predictions of all training points; nothing where the layer is used at several places of a point. */
async function* predictions({ ctx, checkpoint }: System): AsyncGenerator<Predictions> {
  const seed = ctx.seed('observed labels');
  for await (const block of ctx.fisherFactors({ checkpoint, references: 'observed', seed })) {
    ctx.signal.throwIfAborted();
    if (block.positions !== 1) return;
    const probabilities = Float64Array.from(block.delta);
    const { outputs } = block.matrix;
    // ∇ of the loss by z is p, less 1 at the label, which is the one entry below 0.
    for (let start = 0; start < probabilities.length; start += outputs) {
      let label = start;
      for (let at = start; at < start + outputs; at++) if (probabilities[at] < probabilities[label]) label = at;
      probabilities[label] += 1;
    }
    yield { points: block.samples, inputs: Float64Array.from(block.input), probabilities };
  }
}

/** Whether one product with C by the engine is what the closed form gives. */
async function isSoftmax({ ctx, checkpoint, ...system }: System, width: number, outputs: number): Promise<boolean> {
  const rng = ctx.rng('product');
  const vector = Float64Array.from({ length: width * outputs }, () => rng.normal());
  const kind = system.curvature === 'hessian' ? 'hessian' : 'gauss-newton';
  const expected = await ctx.curvatureProducts({ checkpoint, kind, vectors: Float32Array.from(vector) });
  const product = new Float64Array(vector.length);
  for await (const { points, inputs, probabilities: p } of predictions({ ctx, checkpoint, ...system })) {
    const moved = await matmul(inputs, vector, { m: points, k: width, n: outputs });
    for (let start = 0; start < moved.length; start += outputs) {
      let mean = 0;
      for (let at = start; at < start + outputs; at++) mean += p[at] * moved[at];
      for (let at = start; at < start + outputs; at++) moved[at] = (p[at] * (moved[at] - mean)) / ctx.task.train;
    }
    await addMatmul(product, inputs, moved, { m: width, k: points, n: outputs, transposeA: true });
  }
  let [difference, length] = [0, 0];
  for (const [i, value] of product.entries()) {
    difference += (value - expected[i]) ** 2;
    length += expected[i] ** 2;
  }
  return difference <= tolerance ** 2 * length;
}

/** Σ p_o p_u x xᵀ over points, [width × width], for every pair of classes o < u. */
async function betweenClasses(system: System, width: number, outputs: number, watch: Watch): Promise<Float64Array[][]> {
  const sums = Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: outputs }, (_, u) => new Float64Array(o < u ? width * width : 0)),
  );
  let done = 0;
  for await (const { points, inputs, probabilities: p } of predictions(system)) {
    const weighted = new Float64Array(inputs.length);
    for (let o = 0; o < outputs; o++)
      for (let u = o + 1; u < outputs; u++) {
        system.ctx.signal.throwIfAborted();
        for (let point = 0; point < points; point++) {
          const weight = p[point * outputs + o] * p[point * outputs + u];
          for (let at = point * width; at < (point + 1) * width; at++) weighted[at] = weight * inputs[at];
        }
        await addMatmul(sums[o][u], weighted, inputs, { m: width, k: points, n: width, transposeA: true });
      }
    done += points;
    watch(done / system.ctx.task.train);
  }
  return sums;
}

/** Between two classes C is -Σ p_o p_u x xᵀ / n; within one it is what makes the sum over all classes 0. */
function packed(between: Float64Array[][], width: number, outputs: number, train: number): Float32Array {
  const p = width * outputs;
  const lower = new Float32Array((p * (p + 1)) / 2);
  const sums = new Float64Array(outputs * outputs);
  for (let a = 0; a < width; a++)
    for (let b = 0; b <= a; b++) {
      for (let o = 0; o < outputs; o++) sums[o * outputs + o] = 0;
      for (let o = 0; o < outputs; o++)
        for (let u = o + 1; u < outputs; u++) {
          const value = between[o][u][a * width + b] / train;
          sums[o * outputs + u] = -value;
          sums[u * outputs + o] = -value;
          sums[o * outputs + o] += value;
          sums[u * outputs + u] += value;
        }
      for (let o = 0; o < outputs; o++) {
        const row = a * outputs + o;
        const start = (row * (row + 1)) / 2 + b * outputs;
        const count = a === b ? o + 1 : outputs;
        for (let u = 0; u < count; u++) lower[start + u] = sums[o * outputs + u];
      }
    }
  return lower;
}

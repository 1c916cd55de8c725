import { addMatmul, matmul } from '@attribution-bench/numerics';

/** One step of training, as far as later ones do not depend on more. */
export interface RunStep {
  /** Training points of the batch. */
  readonly points: Int32Array;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Gradients of the points' losses before the step, each divided by |B|, [points × columns]. */
  readonly gradients: Float32Array;
  /** What the optimiser makes of them: D · gradient, of SGD the gradients themselves. */
  readonly steps: Float32Array;
}

export interface EmbeddingOptions {
  readonly columns: number;
  readonly train: number;
  /** Whether later steps see that earlier ones moved the parameters; otherwise H and the decay count as 0. */
  readonly curvature: boolean;
  /** Called before each step with how many are done; may throw to stop. */
  onStep?(done: number): void;
}

/**
 * The derivative of the final parameters by the weight of each training point in the losses of its batches, summed over the
 * steps that it is in, [train × columns].
 *
 * From the last step to the first, with Φ = ∂θ_T/∂θ after the step and A = ∂θ_T/∂(gradient of the step), I and 0 at the end:
 * A ← momentum · A - lr Φ,  e_i = A g_i / |B|,  Φ ← Φ + A (H + weightDecay · I), H = (1 / |B|) Σ_{i ∈ B} g_i g_iᵀ.
 * Without momentum and decay that is the recursion of Wang et al. 2025: with M the sum of the embeddings
 * of later points times their gradients, e_i = -(lr / |B|) (g_i + M g_i), M = Φ - I.
 */
export async function trainingEmbeddings(
  steps: readonly RunStep[],
  { columns, train, curvature, onStep }: EmbeddingOptions,
): Promise<Float64Array> {
  const embeddings = new Float64Array(train * columns);
  const propagated = curvature ? throughCurvature(columns) : throughMomentum();
  for (const [done, step] of [...steps].reverse().entries()) {
    onStep?.(done);
    const moved = await propagated(step);
    for (const [place, point] of step.points.entries())
      for (let c = 0; c < columns; c++) embeddings[point * columns + c] += moved[place * columns + c];
  }
  return embeddings;
}

/** A g_i / |B| of each place of the batch, [points × columns]; steps come from the last to the first. */
type Propagation = (step: RunStep) => Promise<Float64Array>;

function throughCurvature(columns: number): Propagation {
  const byParameters = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++) byParameters[i * columns + i] = 1;
  const byGradient = new Float64Array(columns * columns);
  return async ({ points, learningRate, momentum, weightDecay, gradients, steps }) => {
    for (let i = 0; i < byGradient.length; i++)
      byGradient[i] = momentum * byGradient[i] - learningRate * byParameters[i];
    const shape = { m: points.length, k: columns, n: columns, transposeB: true };
    const moved = await matmul(Float64Array.from(steps), byGradient, shape);
    if (weightDecay > 0) for (let i = 0; i < byGradient.length; i++) byParameters[i] += weightDecay * byGradient[i];
    const slopes = Float64Array.from(gradients, (slope) => slope * points.length);
    await addMatmul(byParameters, moved, slopes, { m: columns, k: points.length, n: columns, transposeA: true });
    return moved;
  };
}

/** With H = 0 and no decay: Φ = I, and A a multiple of it. */
function throughMomentum(): Propagation {
  let byGradient = 0;
  return async ({ learningRate, momentum, steps }) => {
    byGradient = momentum * byGradient - learningRate;
    return Float64Array.from(steps, (slope) => byGradient * slope);
  };
}

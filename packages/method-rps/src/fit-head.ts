import { BenchError } from '@attribution-bench/contract';
import { conjugateGradient, matmul } from '@attribution-bench/numerics';

/** How far the gradient falls from where it starts, Θ = 0. */
const tolerance = 1e-11;
const maxSteps = 200;

/** A last layer that is to be fitted, in float64. */
export interface HeadProblem {
  /** f(x_i), [points × width]. */
  readonly features: Float64Array;
  readonly width: number;
  /** Probabilities that the softmax of the logits is compared with by cross-entropy, [points × classes]. */
  readonly targets: Float64Array;
  readonly classes: number;
  /** λ, above 0. */
  readonly l2: number;
  /** Called after each step of the solver; may throw to stop. */
  onStep?(): void;
}

/** A fitted last layer and what the representer theorem makes of it. */
export interface FittedHead {
  /** Θ, [width × classes]. */
  readonly theta: Float64Array;
  /** α_i = -(1 / (2 λ n)) ∂L_i / ∂Φ(x_i), [points × classes]; Σ_i f(x_i) ⊗ α_i = Θ. */
  readonly alpha: Float64Array;
}

/**
 * Minimises (1/n) Σ_i L(Θᵀ f(x_i), target_i) + λ |Θ|² with L the cross-entropy by Newton's method, its steps solved for by
 * conjugate gradients and shortened until the gradient falls. The problem is strictly convex: the optimum is the only one, and at
 * it the gradient is 0, which is what the representer theorem rests on (Yeh et al. 2018, theorem 3.1).
 * @throws BenchError NUMERICS_NO_CONVERGENCE
 */
export async function fitHead(problem: HeadProblem): Promise<FittedHead> {
  const { features, width, classes, l2, onStep } = problem;
  const points = features.length / width;
  let current = await stateAt(problem, new Float64Array(width * classes));
  const goal = tolerance * current.norm;
  const start = current.norm;
  for (let step = 0; current.norm > goal; step++) {
    onStep?.();
    if (step === maxSteps) throw notConverged(current.norm / start, l2);
    const { probabilities, theta, gradient, norm } = current;
    const { solution } = await conjugateGradient(
      (direction: Float64Array) => timesHessian(problem, probabilities, direction),
      gradient,
      {
        n: width * classes,
        damping: 2 * l2,
        tolerance: Math.min(0.1, norm / start),
        maxIterations: 10 * width * classes,
      },
    );
    let length = 1;
    do {
      current = await stateAt(
        problem,
        theta.map((value, i) => value - length * solution[i]),
      );
      length /= 2;
      if (length < 2 ** -40) throw notConverged(norm / start, l2);
    } while (!(current.norm < norm));
  }
  const { theta, residuals } = current;
  return { theta, alpha: residuals.map((residual) => -residual / (2 * l2 * points)) };
}

/** Everything about the loss at one Θ. */
interface State {
  readonly theta: Float64Array;
  /** [points × classes] */
  readonly probabilities: Float64Array;
  /** ∂L_i / ∂Φ(x_i), [points × classes]. */
  readonly residuals: Float64Array;
  /** [width × classes] */
  readonly gradient: Float64Array;
  /** Its length. */
  readonly norm: number;
}

async function stateAt({ features, width, targets, classes, l2 }: HeadProblem, theta: Float64Array): Promise<State> {
  const points = features.length / width;
  const probabilities = await matmul(features, theta, { m: points, k: width, n: classes });
  softmaxRows(probabilities, classes);
  const residuals = probabilities.map((probability, i) => probability - targets[i]);
  const gradient = await matmul(features, residuals, { m: width, k: points, n: classes, transposeA: true });
  for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i] / points + 2 * l2 * theta[i];
  return {
    theta,
    probabilities,
    residuals,
    gradient,
    norm: Math.sqrt(gradient.reduce((sum, slope) => sum + slope * slope, 0)),
  };
}

/** The Hessian of the mean cross-entropy times a direction, both [width × classes]. */
async function timesHessian(
  { features, width, classes }: HeadProblem,
  probabilities: Float64Array,
  direction: Float64Array,
): Promise<Float64Array> {
  const points = features.length / width;
  const moved = await matmul(features, direction, { m: points, k: width, n: classes });
  for (let point = 0; point < moved.length; point += classes) {
    let mean = 0;
    for (let c = point; c < point + classes; c++) mean += probabilities[c] * moved[c];
    for (let c = point; c < point + classes; c++) moved[c] = (probabilities[c] * (moved[c] - mean)) / points;
  }
  return matmul(features, moved, { m: width, k: points, n: classes, transposeA: true });
}

/** Logits become probabilities, in place. */
export function softmaxRows(rows: Float64Array, classes: number): void {
  for (let start = 0; start < rows.length; start += classes) {
    const row = rows.subarray(start, start + classes);
    const most = row.reduce((largest, logit) => Math.max(largest, logit), -Infinity);
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      row[c] = Math.exp(row[c] - most);
      sum += row[c];
    }
    for (let c = 0; c < classes; c++) row[c] /= sum;
  }
}

function notConverged(left: number, l2: number): BenchError {
  return new BenchError({
    code: 'NUMERICS_NO_CONVERGENCE',
    place: 'rps',
    message: `the last layer cannot be fitted with l2 ${l2}: its gradient fell to ${left.toExponential(1)} of its start and no further`,
    next: 'raise l2',
  });
}

/** Terms smaller than e^-60 of the largest of a sum do not change it in float64. */
const NEGLIGIBLE = 60;

/** Log likelihood of points under an equally weighted mixture of isotropic Gaussians, and its slope. */
export interface LogLikelihood {
  /**
   * Adds the points whose squared distances to all centres are given, [rows × components], to the sum.
   * @param background squared distances to the centre of the background component, [rows]
   */
  add(distances: Float64Array, background: Float64Array): void;
  /** Log likelihood of each point without the background, [rows]. */
  of(distances: Float64Array, rows: number): Float64Array;
  /** Sum of log likelihoods over all points added. */
  readonly sum: number;
  /** Derivative of the sum by each log variance, [components]. */
  readonly gradient: Float64Array;
  /** Derivative of the sum by the background's log variance. */
  readonly backgroundGradient: number;
}

/**
 * With s_j the log variance of component j, log N_j(x) = -|x - g_j|² / 2e^{s_j} - (d/2)(s_j + log 2π), and the log
 * likelihood of x is the log of (1/m) Σ_j N_j(x) + B(x), where B is a Gaussian of weight 1. By its responsibilities
 * r_j = N_j / m / (the same sum), the derivative by s_j is r_j (|x - g_j|² / 2e^{s_j} - d/2).
 */
export function mixtureLikelihood(
  logVariances: Float64Array,
  dims: number,
  backgroundLogVariance = Number.NaN,
): LogLikelihood {
  const components = logVariances.length;
  const constant = (dims / 2) * Math.log(2 * Math.PI);
  const precisions = logVariances.map((s) => 0.5 * Math.exp(-s));
  const heights = logVariances.map((s) => -(dims / 2) * s - constant - Math.log(components));
  const backgroundPrecision = 0.5 * Math.exp(-backgroundLogVariance);
  const backgroundHeight = -(dims / 2) * backgroundLogVariance - constant;
  const gradient = new Float64Array(components);
  const logs = new Float64Array(components);
  let sum = 0;
  let backgroundGradient = 0;

  /** Fills `logs` for one point and returns the largest. */
  function evaluate(distances: Float64Array, offset: number): number {
    let largest = -Infinity;
    for (let j = 0; j < components; j++) {
      const value = heights[j] - distances[offset + j] * precisions[j];
      logs[j] = value;
      if (value > largest) largest = value;
    }
    return largest;
  }

  /** Turns `logs` into shares of the largest and returns their sum. */
  function exponentiate(largest: number): number {
    let total = 0;
    for (let j = 0; j < components; j++) {
      const below = logs[j] - largest;
      const share = below < -NEGLIGIBLE ? 0 : Math.exp(below);
      logs[j] = share;
      total += share;
    }
    return total;
  }

  return {
    add(distances, background) {
      for (let row = 0; row < background.length; row++) {
        const offset = row * components;
        const scaled = background[row] * backgroundPrecision;
        const backgroundLog = backgroundHeight - scaled;
        const largest = Math.max(evaluate(distances, offset), backgroundLog);
        const backgroundShare = Math.exp(backgroundLog - largest);
        const total = exponentiate(largest) + backgroundShare;
        sum += largest + Math.log(total);
        backgroundGradient += (backgroundShare / total) * (scaled - dims / 2);
        for (let j = 0; j < components; j++)
          if (logs[j] > 0) gradient[j] += (logs[j] / total) * (distances[offset + j] * precisions[j] - dims / 2);
      }
    },
    of(distances, rows) {
      const result = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        const largest = evaluate(distances, row * components);
        result[row] = largest + Math.log(exponentiate(largest));
      }
      return result;
    },
    get sum() {
      return sum;
    },
    gradient,
    get backgroundGradient() {
      return backgroundGradient;
    },
  };
}

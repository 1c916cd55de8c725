import { BenchError } from '@attribution-bench/contract';
import { solveSpd } from '@attribution-bench/numerics';
import type { TaskData } from '@attribution-bench/tasks';

const maxSteps = 50;
const gradientTolerance = 1e-10;

export interface LeaveOneOut {
  /** The optimum on all points: weight [dims × classes], then bias [classes]. */
  readonly parameters: Float64Array;
  /** Margin of each query at the optimum on all points less its margin at the optimum without a point, [queries × train]. */
  readonly effects: Float64Array;
}

/**
 * Exact leave-one-out of multinomial logistic regression with an L2 term on every parameter: the minimiser of
 * Σ_i loss_i / n + l2/2 |θ|², with and without each term of the sum, by Newton's method in float64.
 */
export async function exactLeaveOneOut(data: TaskData, l2: number): Promise<LeaveOneOut> {
  const train = data.labels.length;
  const queries = data.queryLabels.length;
  const full = await optimum(data, l2, undefined, undefined);
  const margins = queryMargins(data, full);
  const effects = new Float64Array(queries * train);
  for (let point = 0; point < train; point++) {
    const without = queryMargins(data, await optimum(data, l2, point, full));
    for (let query = 0; query < queries; query++) effects[query * train + point] = margins[query] - without[query];
  }
  return { parameters: full, effects };
}

async function optimum(
  data: TaskData,
  l2: number,
  without: number | undefined,
  start: Float64Array | undefined,
): Promise<Float64Array> {
  const { inputs, labels, classes } = data;
  const train = labels.length;
  const dims = inputs.length / train;
  const size = (dims + 1) * classes;
  const parameters = start?.slice() ?? new Float64Array(size);
  for (let step = 0; step < maxSteps; step++) {
    const gradient = parameters.map((value) => l2 * value);
    const hessian = new Float64Array(size * size);
    for (let point = 0; point < train; point++) {
      if (point === without) continue;
      const x = withOne(inputs, point, dims);
      const p = softmax(logitsOf(parameters, x, classes));
      for (let a = 0; a <= dims; a++) {
        for (let c = 0; c < classes; c++) {
          gradient[a * classes + c] += (x[a] * (p[c] - (c === labels[point] ? 1 : 0))) / train;
          for (let b = 0; b <= dims; b++) {
            for (let d = 0; d < classes; d++) {
              const curvature = (c === d ? p[c] : 0) - p[c] * p[d];
              hessian[(a * classes + c) * size + b * classes + d] += (x[a] * x[b] * curvature) / train;
            }
          }
        }
      }
    }
    if (Math.hypot(...gradient) < gradientTolerance) return parameters;
    const newton = await solveSpd(hessian, gradient, { n: size, columns: 1 }, { ridge: l2 });
    for (let i = 0; i < size; i++) parameters[i] -= newton[i];
  }
  throw new BenchError({
    code: 'TESTKIT_NEWTON',
    message: `Newton's method did not converge in ${maxSteps} steps`,
    next: 'raise l2',
  });
}

function queryMargins({ queryInputs, queryLabels, classes }: TaskData, parameters: Float64Array): Float64Array {
  const dims = queryInputs.length / queryLabels.length;
  return Float64Array.from(queryLabels, (label, query) => {
    const logits = logitsOf(parameters, withOne(queryInputs, query, dims), classes);
    const others = logits.filter((_, c) => c !== label);
    return logits[label] - Math.log(others.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
}

function withOne(inputs: Float32Array, row: number, dims: number): Float64Array {
  return Float64Array.of(...inputs.subarray(row * dims, (row + 1) * dims), 1);
}

function logitsOf(parameters: Float64Array, x: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: classes }, (_, c) =>
    x.reduce((sum, value, a) => sum + value * parameters[a * classes + c], 0),
  );
}

function softmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

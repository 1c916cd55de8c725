import { notFiniteError, requireCount, requireFinite, requireLength } from '../errors.js';
import type { FloatArray } from '../matrices/matmul.js';

/** Multiplies every row of [rows × n] by a symmetric matrix, e.g. a Hessian that is never formed. */
export type SymmetricOperator<T extends FloatArray> = (vectors: T) => Promise<T>;

export interface ConjugateGradientOptions {
  readonly n: number;
  /** Added to the operator: (A + damping·I) x = b. Default 0. */
  readonly damping?: number;
  /** Stop a row when |residual| ≤ tolerance · |b|. Default 1e-6. */
  readonly tolerance?: number;
  /** Default n. */
  readonly maxIterations?: number;
  /** Where it begins, [rows × n]; default 0. */
  readonly guess?: FloatArray;
  /** An approximation of (A + damping·I)⁻¹, symmetric and positive definite, applied to every row; default none. */
  precondition?(residuals: Float64Array): Promise<Float64Array>;
  /** Called after every iteration with the number of rows not yet done; may throw to stop. */
  onIteration?(iteration: number, open: number): void;
}

export interface ConjugateGradientResult<T extends FloatArray> {
  /** [rows × n] */
  readonly solution: T;
  /** How each row ended: `indefinite` means that a direction of no positive curvature was met (raise the damping). */
  readonly ends: readonly ('converged' | 'iterations' | 'indefinite')[];
  readonly iterations: Int32Array;
  /** |b - (A + damping·I) x| / |b| of each row as the recurrence sees it. */
  readonly residuals: Float64Array;
}

/**
 * Solves (A + damping·I) x = b for every row of b [rows × n] by conjugate gradients (Hestenes and Stiefel 1952). Rows are
 * independent but share calls of the operator and the preconditioner, which see only rows that are not yet done;
 * recurrences are in float64.
 *
 * Serves influence functions that solve against a damped Hessian by its products alone (Koh and Liang 2017, section 3).
 * @throws BenchError NUMERICS_NOT_FINITE when the operator returns NaN or infinity
 */
export async function conjugateGradient<T extends FloatArray>(
  operator: SymmetricOperator<T>,
  b: T,
  options: ConjugateGradientOptions,
): Promise<ConjugateGradientResult<T>> {
  const { n, damping = 0, tolerance = 1e-6, maxIterations = n, guess, precondition, onIteration } = options;
  requireCount('conjugateGradient', 'n', n, 1);
  const rows = Math.floor(b.length / n);
  requireLength('conjugateGradient', 'the right-hand side', b, rows * n);
  requireFinite('conjugateGradient', 'the right-hand side', b);
  const allocate = b.constructor as new (size: number) => T;
  const apply = async (vectors: T): Promise<T> => {
    const products = await operator(vectors);
    requireLength('conjugateGradient', 'what the operator returned', products, vectors.length);
    return products;
  };

  const x = new Float64Array(rows * n);
  const residual = Float64Array.from(b);
  const ends = new Array<'converged' | 'iterations' | 'indefinite'>(rows).fill('iterations');
  const norms = Float64Array.from(ends, (_, row) => Math.sqrt(dot(b, row * n, b, row * n, n)));
  const squares = norms.map((norm) => norm * norm);
  if (guess !== undefined) {
    requireLength('conjugateGradient', 'the guess', guess, rows * n);
    x.set(guess);
    const start = new allocate(rows * n);
    start.set(guess);
    const products = await apply(start);
    for (let i = 0; i < residual.length; i++) residual[i] -= products[i] + damping * x[i];
    for (let row = 0; row < rows; row++) squares[row] = dot(residual, row * n, residual, row * n, n);
  }
  const isDone = (row: number) => Math.sqrt(squares[row]) <= tolerance * norms[row];
  const iterations = new Int32Array(rows);
  let open = [...ends.keys()].filter((row) => {
    if (norms[row] === 0) x.fill(0, row * n, (row + 1) * n);
    if (norms[row] !== 0 && !isDone(row)) return true;
    ends[row] = 'converged';
    return false;
  });

  const direction = new Float64Array(rows * n);
  /** Of each row, its residual times the preconditioned one. */
  const products = new Float64Array(rows).fill(1);
  for (let iteration = 1; iteration <= maxIterations && open.length > 0; iteration++) {
    const descent = await precondition?.(gathered(residual, open, n, Float64Array));
    for (const [at, row] of open.entries()) {
      const start = row * n;
      const [steepest, from] = descent === undefined ? [residual, start] : [descent, at * n];
      const product = descent === undefined ? squares[row] : dot(residual, start, descent, from, n);
      const ratio = iteration === 1 ? 0 : product / products[row];
      products[row] = product;
      for (let i = 0; i < n; i++) direction[start + i] = steepest[from + i] + ratio * direction[start + i];
    }
    const images = await apply(gathered(direction, open, n, allocate));
    for (const [at, row] of open.entries()) {
      iterations[row] = iteration;
      const start = row * n;
      const curvature = dot(direction, start, images, at * n, n) + damping * dot(direction, start, direction, start, n);
      if (!Number.isFinite(curvature))
        throw notFiniteError('conjugateGradient', `the operator returned NaN or infinity for row ${row}`);
      if (curvature <= 0) {
        ends[row] = 'indefinite';
        continue;
      }
      const step = products[row] / curvature;
      for (let i = 0; i < n; i++) {
        x[start + i] += step * direction[start + i];
        residual[start + i] -= step * (images[at * n + i] + damping * direction[start + i]);
      }
      squares[row] = dot(residual, start, residual, start, n);
      if (isDone(row)) ends[row] = 'converged';
    }
    open = open.filter((row) => ends[row] === 'iterations');
    onIteration?.(iteration, open.length);
  }
  const solution = new allocate(rows * n);
  solution.set(x);
  const residuals = squares.map((square, row) => (norms[row] === 0 ? 0 : Math.sqrt(square) / norms[row]));
  return { solution, ends, iterations, residuals };
}

/** Some rows of a matrix, one after the other. */
function gathered<T extends FloatArray>(
  matrix: Float64Array,
  rows: readonly number[],
  n: number,
  allocate: new (size: number) => T,
): T {
  const found = new allocate(rows.length * n);
  for (const [at, row] of rows.entries()) found.set(matrix.subarray(row * n, (row + 1) * n), at * n);
  return found;
}

function dot(a: FloatArray, aStart: number, b: FloatArray, bStart: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[aStart + i] * b[bStart + i];
  return sum;
}

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
 * independent but share calls of the operator, which sees only rows that are not yet done; recurrences are in float64.
 *
 * Serves influence functions that solve against a damped Hessian by its products alone (Koh and Liang 2017, section 3).
 * @throws BenchError NUMERICS_NOT_FINITE when the operator returns NaN or infinity
 * @internal for methods to come; no method of this workspace calls it yet
 */
export async function conjugateGradient<T extends FloatArray>(
  operator: SymmetricOperator<T>,
  b: T,
  options: ConjugateGradientOptions,
): Promise<ConjugateGradientResult<T>> {
  const { n, damping = 0, tolerance = 1e-6, maxIterations = n, onIteration } = options;
  requireCount('conjugateGradient', 'n', n, 1);
  const rows = Math.floor(b.length / n);
  requireLength('conjugateGradient', 'the right-hand side', b, rows * n);
  requireFinite('conjugateGradient', 'the right-hand side', b);
  const allocate = b.constructor as new (size: number) => T;

  const x = new Float64Array(rows * n);
  const residual = Float64Array.from(b);
  const direction = Float64Array.from(b);
  const squares = Float64Array.from({ length: rows }, (_, row) => dot(residual, row * n, residual, row * n, n));
  const target = squares.map((square) => tolerance * tolerance * square);
  const norms = squares.map((square) => Math.sqrt(square));
  const ends = Array.from(squares, (square): 'converged' | 'iterations' | 'indefinite' =>
    square === 0 ? 'converged' : 'iterations',
  );
  const iterations = new Int32Array(rows);
  let open = [...ends.keys()].filter((row) => ends[row] === 'iterations');

  for (let iteration = 1; iteration <= maxIterations && open.length > 0; iteration++) {
    const vectors = new allocate(open.length * n);
    for (const [at, row] of open.entries()) vectors.set(direction.subarray(row * n, (row + 1) * n), at * n);
    const products = await operator(vectors);
    requireLength('conjugateGradient', 'what the operator returned', products, vectors.length);
    for (const [at, row] of open.entries()) {
      iterations[row] = iteration;
      const start = row * n;
      const curvature =
        dot(direction, start, products, at * n, n) + damping * dot(direction, start, direction, start, n);
      if (!Number.isFinite(curvature))
        throw notFiniteError('conjugateGradient', `the operator returned NaN or infinity for row ${row}`);
      if (curvature <= 0) {
        ends[row] = 'indefinite';
        continue;
      }
      const step = squares[row] / curvature;
      for (let i = 0; i < n; i++) {
        x[start + i] += step * direction[start + i];
        residual[start + i] -= step * (products[at * n + i] + damping * direction[start + i]);
      }
      const square = dot(residual, start, residual, start, n);
      const ratio = square / squares[row];
      squares[row] = square;
      if (square <= target[row]) {
        ends[row] = 'converged';
        continue;
      }
      for (let i = 0; i < n; i++) direction[start + i] = residual[start + i] + ratio * direction[start + i];
    }
    open = open.filter((row) => ends[row] === 'iterations');
    onIteration?.(iteration, open.length);
  }
  const solution = new allocate(rows * n);
  solution.set(x);
  const residuals = squares.map((square, row) => (norms[row] === 0 ? 0 : Math.sqrt(square) / norms[row]));
  return { solution, ends, iterations, residuals };
}

function dot(a: FloatArray, aStart: number, b: FloatArray, bStart: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[aStart + i] * b[bStart + i];
  return sum;
}

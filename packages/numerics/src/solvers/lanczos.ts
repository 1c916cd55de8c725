import { requireCount, requireFinite, requireLength } from '../errors.js';
import type { SymmetricOperator } from './conjugate-gradient.js';
import { tridiagonalEigen } from './symmetric-eigen.js';

export interface LanczosOptions {
  readonly n: number;
  /** Most often that the operator is called, one vector a call: the dimension of the Krylov space. */
  readonly steps: number;
  /** Where it begins, [n]: what is orthogonal to it is not found, so random numbers, as a rule; not 0. */
  readonly start: Float64Array;
}

export interface RitzPairs {
  /** Largest first; as many as steps were taken. */
  readonly values: Float64Array;
  /** Unit vectors as rows, [values × n]. */
  readonly vectors: Float64Array;
  /** |A·v - value·v| of each pair: some eigenvalue of A lies at most this far from the value. */
  readonly residuals: Float64Array;
}

/**
 * Approximate eigenvalues and eigenvectors of a symmetric operator by Lanczos' method with full reorthogonalisation
 * (Lanczos 1950; Paige 1970); those at the ends of the spectrum converge first. An eigenvalue that occurs several times
 * is found once. Ends early when the Krylov space is exhausted.
 *
 * Serves influence functions in the dominant eigenspace of a Hessian that is never formed (Schioppa et al. 2022, whose
 * Arnoldi iteration is this one where the operator is symmetric).
 * @throws BenchError NUMERICS_NOT_FINITE when the operator returns NaN or infinity
 */
export async function lanczos(
  operator: SymmetricOperator<Float64Array>,
  { n, steps, start }: LanczosOptions,
): Promise<RitzPairs> {
  requireCount('lanczos', 'n', n, 1);
  requireCount('lanczos', 'steps', steps, 1);
  requireLength('lanczos', 'the start', start, n);
  requireFinite('lanczos', 'the start', start);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const couplings: number[] = [];
  let candidate = start;
  let length = normOf(candidate);
  let scale = 0;
  while (basis.length < Math.min(steps, n)) {
    const vector = candidate.map((value) => value / length);
    basis.push(vector);
    const product = await operator(vector.slice());
    requireLength('lanczos', 'what the operator returned', product, n);
    requireFinite('lanczos', 'what the operator returned', product);
    candidate = Float64Array.from(product);
    diagonal.push(inner(vector, candidate));
    scale = Math.max(scale, normOf(candidate));
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of basis) addScaled(candidate, -inner(earlier, candidate), earlier);
    }
    length = normOf(candidate);
    couplings.push(length);
    if (length <= n * Number.EPSILON * scale) break;
  }

  const size = basis.length;
  const { values, vectors: weights } = await tridiagonalEigen(
    Float64Array.from(diagonal),
    Float64Array.from(couplings.slice(0, size - 1)),
  );
  const vectors = new Float64Array(size * n);
  const residuals = new Float64Array(size);
  for (let pair = 0; pair < size; pair++) {
    const row = vectors.subarray(pair * n, (pair + 1) * n);
    for (let j = 0; j < size; j++) addScaled(row, weights[pair * size + j], basis[j]);
    residuals[pair] = Math.abs(couplings[size - 1] * weights[pair * size + size - 1]);
  }
  return { values, vectors, residuals };
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function normOf(a: Float64Array): number {
  return Math.sqrt(inner(a, a));
}

function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

import { requireCount, shapeError } from '../errors.js';
import type { SparseEntries } from '../matrices/sparse-matrix.js';

/** Rows of length p become rows of length `dim` by a random matrix P [p × dim] that is never held as a whole. */
export interface Projector {
  /** Columns of P; p for `none`. */
  readonly dim: number;
  /** E⟨xP, yP⟩ = gain · ⟨x, y⟩: `dim` for `rademacher` and `gaussian`, 1 for the others. */
  readonly gain: number;
  /** Rows at once that the making of P is well spread over; more hardly cost less each. */
  readonly batch: number;
  /**
   * out += rows · P[p0..p1), where `out` is [b × dim] and `rows` [b × (p1 - p0)] holds columns p0 on of the [b × p] rows.
   * However the parameters are cut, the sum of the parts is the same up to rounding. Memory: a block, a few MB.
   */
  project(rows: Float32Array, p0: number, out: Float32Array): Promise<void>;
  /** P[p0..p1), [(p1 - p0) × dim]. */
  entries(p0: number, p1: number): Float32Array;
  /** Where most of P is 0. */
  readonly sparse?: SparseProjection;
}

/** The entries of P that are not 0. */
export interface SparseProjection {
  /** How many there are for each parameter, on average. */
  readonly density: number;
  /** Those of parameters [p0, p1), whose rows count from p0. */
  within(p0: number, p1: number): SparseEntries;
}

/** Rows of the batch, after checking that the shapes fit. */
export function batchOf(rows: Float32Array, p0: number, out: Float32Array, dim: number, p: number): number {
  const batch = out.length / dim;
  const width = batch === 0 ? 0 : rows.length / batch;
  if (!Number.isInteger(batch) || !Number.isInteger(width))
    throw shapeError('project', `${rows.length} row elements and ${out.length} output elements are not whole rows`);
  requireRange(p0, p0 + width, p);
  return batch;
}

export function requireRange(p0: number, p1: number, p: number): void {
  requireCount('projector', 'the first parameter', p0, 0);
  if (p1 < p0 || p1 > p) throw shapeError('projector', `parameters ${p0} to ${p1} are not within 0 to ${p}`);
}

import type { LayerMatrix } from '@attribution-bench/contract';
import { symmetricEigen } from '../solvers/symmetric-eigen.js';
import type { KroneckerFactors } from './kronecker-sums.js';
import type { SecondMoment } from './second-moment.js';

/** Eigenvalues of a second moment, and its eigenvectors as rows; without vectors they are the unit vectors. */
export interface Eigenbasis {
  /** [size] */
  readonly values: Float64Array;
  /** [size × size] */
  readonly vectors?: Float32Array;
}

/** The eigenvectors of A ⊗ S are the products of those of A and of S. */
export interface KroneckerBasis {
  readonly matrix: LayerMatrix;
  readonly input: Eigenbasis;
  readonly delta: Eigenbasis;
}

/** Decomposes both factors in float64; the vectors are kept as float32. */
export async function kroneckerBasis({ matrix, input, delta }: KroneckerFactors): Promise<KroneckerBasis> {
  return { matrix, input: await eigenbasis(input), delta: await eigenbasis(delta) };
}

/**
 * The eigenvalues of all A ⊗ S in flat order, [p]: element i · outputs + j of a layer is the product of value i of A and value j
 * of S.
 */
export function kroneckerEigenvalues(bases: readonly KroneckerBasis[]): Float64Array {
  const values = new Float64Array(bases.reduce((sum, { matrix }) => sum + matrix.width * matrix.outputs, 0));
  for (const { matrix, input, delta } of bases) {
    let at = matrix.offset;
    for (const a of input.values) for (const s of delta.values) values[at++] = a * s;
  }
  return values;
}

/** Values that rounding made negative are 0: a second moment has none. */
async function eigenbasis(moment: SecondMoment): Promise<Eigenbasis> {
  if (moment.kind === 'diagonal') return { values: moment.values };
  const size = Math.sqrt(moment.matrix.length);
  const { values, vectors } = await symmetricEigen(moment.matrix, size);
  return { values: values.map((value) => Math.max(0, value)), vectors: Float32Array.from(vectors) };
}

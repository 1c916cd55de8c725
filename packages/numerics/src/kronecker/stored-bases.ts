import type { LayerMatrix } from '@attribution-bench/contract';
import { requireLength } from '../errors.js';
import type { Eigenbasis, KroneckerBasis } from './kronecker-basis.js';
import { momentKinds, type SecondMoment } from './second-moment.js';

/** Bases of all layers of a model as two arrays. */
export interface StoredBases {
  /** Values of input and delta of each layer in turn. */
  readonly values: Float64Array;
  /** Vectors of input and delta of each layer in turn, where there are any. */
  readonly vectors: Float32Array;
}

export function storedBases(bases: readonly KroneckerBasis[]): StoredBases {
  const parts = bases.flatMap(({ input, delta }) => [input, delta]);
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  const vectors = new Float32Array(parts.reduce((sum, part) => sum + (part.vectors?.length ?? 0), 0));
  let [value, vector] = [0, 0];
  for (const part of parts) {
    values.set(part.values, value);
    value += part.values.length;
    if (part.vectors === undefined) continue;
    vectors.set(part.vectors, vector);
    vector += part.vectors.length;
  }
  return { values, vectors };
}

/** The same as views of the arrays. */
export function basesOf({ values, vectors }: StoredBases, matrices: readonly LayerMatrix[]): KroneckerBasis[] {
  let [value, vector] = [0, 0];
  const next = (size: number, kind: SecondMoment['kind']): Eigenbasis => {
    const own = values.subarray(value, value + size);
    value += size;
    if (kind === 'diagonal') return { values: own };
    const basis = { values: own, vectors: vectors.subarray(vector, vector + size * size) };
    vector += size * size;
    return basis;
  };
  const bases = matrices.map((matrix) => ({
    matrix,
    input: next(matrix.width, momentKinds(matrix).input),
    delta: next(matrix.outputs, momentKinds(matrix).delta),
  }));
  requireLength('basesOf', 'the values', values, value);
  requireLength('basesOf', 'the vectors', vectors, vector);
  return bases;
}

import { choice, int } from './params.js';
import type { Seed } from './seed.js';

/** What a {@link Projection} can be. */
export const projectionKinds = [
  'rademacher',
  'gaussian',
  'fjlt',
  'sjlt',
  'grass',
  'logra',
  'factgrass',
  'none',
] as const;
export type ProjectionKind = (typeof projectionKinds)[number];

/**
 * How gradients of length p become rows of length dim: row · P for a random matrix P [p × dim] that is never held as a
 * whole, with no further scaling than said here. k is `dim`, ⟨ , ⟩ an inner product of two gradients.
 */
export interface Projection {
  /**
   * - `rademacher`, `gaussian`: entries ±1, N(0, 1); inner products grow k times in expectation. The others keep them.
   * - `fjlt`: random signs, a Hadamard transform and random signs again on blocks of parameters, which are added up: as dense, and
   *   many times as fast (Ailon and Chazelle 2009, by blocks).
   * - `sjlt`: few signed entries per parameter (Kane and Nelson 2014).
   * - `grass`: a random mask keeps `maskFactor` · k parameters, which `sjlt` takes to k (Hu et al. 2025, GraSS).
   * - `logra`: by layer, input ⊗ delta becomes (P_i input) ⊗ (P_o delta) with random signs in P_i and P_o (Choe et al. 2024).
   * - `factgrass`: by layer, masks of input and of delta keep about `maskFactor` · k products in all, which `sjlt` takes to k.
   * - `none`: the gradients themselves.
   */
  readonly kind: ProjectionKind;
  /** Columns of P; ignored by `none`. */
  readonly dim: number;
  /** `logra`: columns of every layer, at most as many as it has parameters, in place of `dim` columns in all. */
  readonly layerDim?: number;
  /** `sjlt`: signed entries ±1/√sparsity a parameter; default 1. */
  readonly sparsity?: number;
  /** `grass`, `factgrass`: what masks keep, in multiples of `dim`; default 4. */
  readonly maskFactor?: number;
  /** Requests with the same seed share P. */
  readonly seed: Seed;
}

/** The parameters by which a method lets its user choose a {@link Projection}. */
export function projectionParams(kind: ProjectionKind) {
  return {
    projDim: int({
      default: 2048,
      min: 1,
      ...(kind !== 'none' && { search: [128, 512, 2048] }),
      help: 'columns of the projection; none has as many as there are parameters',
    }),
    projection: choice(projectionKinds, {
      default: kind,
      help: 'random projection of the gradients: a dense matrix (rademacher, gaussian), a fast dense one (fjlt), a sparse one (sjlt, grass) or one per layer (logra, factgrass)',
    }),
  };
}

import type { Seed } from '@attribution-bench/contract';
import { createProjector } from '@attribution-bench/numerics';

/** Rows of independent N(0, 1) numbers, each depending on the seed and its number alone. */
export interface NormalRows {
  /** Fills `into` with rows from `first` on; its length is a whole number of rows. */
  fill(first: number, into: Float32Array): void;
}

/** A Gaussian random matrix is what a projection needs too; its rows can be made in any order. */
export function normalRows(seed: Seed, width: number): NormalRows {
  const { entries } = createProjector({ kind: 'gaussian', dim: width, seed }, Number.MAX_SAFE_INTEGER);
  return {
    fill(first, into) {
      into.set(entries(first, first + into.length / width));
    },
  };
}

import type { Rng, Seed } from '@attribution-bench/contract';
import { hash32 } from './random-bits.js';

/** What masks keep, in multiples of the projected length, where a projection does not say: as in GraSS's FactGraSS. */
export const defaultMaskFactor = 4;

/** Takes an entry of a sparse matrix. */
export type AddEntry = (row: number, column: number, value: number) => void;

/** The `which`-th entry of a row: ±`value` in one of `count` columns from `first` on, by hashing (seed, row, which). */
export function addHashed(
  seed: Seed,
  row: number,
  which: number,
  { first, count }: { readonly first: number; readonly count: number },
  value: number,
  add: AddEntry,
): void {
  const bits = hash32(seed, row, which) >>> 0;
  add(row, first + Math.floor((bits / 4294967296) * count), (bits & 1) === 0 ? value : -value);
}

/** `count` distinct numbers of 0..size-1, ascending, in memory for these alone (Floyd). */
export function randomSubset(rng: Rng, size: number, count: number): Int32Array {
  const chosen = new Set<number>();
  for (let last = size - count; last < size; last++) {
    const draw = rng.below(last + 1);
    chosen.add(chosen.has(draw) ? last : draw);
  }
  return Int32Array.from(chosen).sort();
}

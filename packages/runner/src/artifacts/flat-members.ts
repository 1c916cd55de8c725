import type { NdArray } from '@attribution-bench/contract';
import { type Artifact, Malformed } from '@attribution-bench/store';
import { arrayOf } from './checked-fields.js';

/** Subsets of different sizes as arrays: all their points in a row, and how many each has. */
export function flatMembers(
  members: readonly Int32Array[],
): Readonly<Record<'members' | 'sizes', NdArray<Int32Array>>> {
  const sizes = Int32Array.from(members, ({ length }) => length);
  const flat = new Int32Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const kept of members) {
    flat.set(kept, at);
    at += kept.length;
  }
  return { members: { shape: [flat.length], data: flat }, sizes: { shape: [sizes.length], data: sizes } };
}

/**
 * What {@link flatMembers} was made of.
 * @param repeats whether a subset may list a point several times
 * @throws Malformed when it is no list of subsets of `train` points
 */
export function membersOf(artifact: Artifact, train: number, { repeats = false } = {}): Int32Array[] {
  const flat = arrayOf(artifact, 'members', 'int32', ['points']).data;
  const sizes = arrayOf(artifact, 'sizes', 'int32', ['subsets']).data;
  let at = 0;
  const members = Array.from(sizes, (size) => {
    at += size;
    return flat.slice(at - size, at);
  });
  const ascending = (kept: Int32Array) =>
    kept.every((point, i) => point < train && point >= (i === 0 ? 0 : kept[i - 1] + (repeats ? 0 : 1)));
  if (at !== flat.length || !sizes.every((size) => size > 0) || !members.every(ascending))
    throw new Malformed('has subsets that are no ascending lists of training points');
  return members;
}

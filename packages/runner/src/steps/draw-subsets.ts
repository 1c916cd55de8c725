import { deriveSeed, Rng, type Seed } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import type { TruthSpec } from '../grid/grid.js';
import type { TaskSource } from './job.js';

/** How the subsets of a truth are drawn; part of the identity of all that comes of them. */
export interface SubsetRule {
  /** Share of the training set in each subset. */
  readonly fraction: number;
  /** Whether each class has the same share of its points in every subset. */
  readonly stratified?: true;
}

/** What a grid says of its subsets; plain random ones have the identity they had before there were others. */
export function subsetRule({ fraction, stratified }: TruthSpec): SubsetRule {
  return { fraction, ...(stratified ? { stratified } : {}) };
}

/** The training indices of each subset of a task's truth by its number, see {@link subsetMembers}. */
export async function drawSubsets(
  store: Store,
  { spec, key, dataset }: Pick<TaskSource, 'spec' | 'key' | 'dataset'>,
  rule: SubsetRule,
): Promise<(subset: number) => Int32Array> {
  const labels = (await store.readArrays(dataset, ['labels'])).arrays.labels.data as Int32Array;
  return (subset) => subsetMembers(deriveSeed(spec.seed, key, 'truth-subset', subset), labels, rule);
}

/**
 * The training indices of a subset, ascending. Its size is the same for every seed.
 * @param labels class that each training point is trained on, [train]
 */
export function subsetMembers(seed: Seed, labels: Int32Array, { fraction, stratified }: SubsetRule): Int32Array {
  const train = labels.length;
  const size = Math.min(train, Math.max(1, Math.round(fraction * train)));
  const rng = new Rng(seed);
  return stratified === true ? stratifiedSubset(rng, labels, size) : rng.subset(train, size);
}

/**
 * `size` points with as equal a share of every class as whole points allow: each class gets its share rounded down, and the
 * points that are left over go one each to classes with the largest remainders, at random between equal ones.
 */
function stratifiedSubset(rng: Rng, labels: Int32Array, size: number): Int32Array {
  const byClass = new Map<number, number[]>();
  for (const point of rng.permutation(labels.length)) {
    const members = byClass.get(labels[point]) ?? [];
    members.push(point);
    byClass.set(labels[point], members);
  }
  const classes = [...byClass.values()].map((members) => {
    const share = (members.length * size) / labels.length;
    return { members, taken: Math.floor(share), remainder: share - Math.floor(share) };
  });
  const left = size - classes.reduce((sum, { taken }) => sum + taken, 0);
  const ordered = rng.shuffle(classes).sort((a, b) => b.remainder - a.remainder);
  return Int32Array.from(
    ordered.flatMap(({ members, taken }, place) => members.slice(0, taken + (place < left ? 1 : 0))),
  ).sort();
}

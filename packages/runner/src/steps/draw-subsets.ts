import { deriveSeed, Rng, type Seed } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import { readArtifact } from '../artifacts/codec.js';
import { pointMarks, trainingLabels } from '../artifacts/dataset.js';
import type { TaskSource } from '../model/job.js';
import type { SubsetRule } from '../model/subset-rule.js';
import { balancedBlocks } from './balanced-subsets.js';
import { groupSubsets } from './group-subsets.js';
import { classShares, subsetSize } from './subset-rule.js';

/** The training indices of each subset of a task's truth by its number, ascending and equally many. */
export async function drawSubsets(
  store: Store,
  { spec, key, dataset }: Pick<TaskSource, 'spec' | 'key' | 'dataset'>,
  rule: SubsetRule,
): Promise<(subset: number) => Int32Array> {
  if (rule.by === 'group') {
    const { train } = await readArtifact(store, dataset, pointMarks('groups'));
    const draw = groupSubsets(train, rule);
    return (subset) => draw(deriveSeed(spec.seed, key, 'truth-subset', subset));
  }
  const labels = await readArtifact(store, dataset, trainingLabels);
  if (rule.balanced !== true)
    return (subset) => subsetMembers(deriveSeed(spec.seed, key, 'truth-subset', subset), labels, rule);
  const leftOut = leftOutBlocks(spec.seed, key, labels, rule);
  return (subset) => {
    const block = leftOut(subset);
    if (block === undefined) throw new RangeError(`no subset ${subset} that differs from the ones before`);
    const out = new Set(block);
    return Int32Array.from(labels.keys()).filter((point) => !out.has(point));
  };
}

/** The points that each subset of a balanced truth leaves out, by its number; undefined where there is none that is new. */
export function leftOutBlocks(
  gridSeed: number,
  taskKey: string,
  labels: Int32Array,
  rule: SubsetRule,
): (subset: number) => Int32Array | undefined {
  const size = labels.length - subsetSize(rule, labels.length);
  return balancedBlocks(labels, size, rule.stratified === true, (round, deal) =>
    deriveSeed(gridSeed, taskKey, 'truth-subset', 'balanced', round, deal),
  );
}

/**
 * The training indices of a subset, ascending. Its size is the same for every seed.
 * @param labels class that each training point is trained on, [train]
 */
export function subsetMembers(seed: Seed, labels: Int32Array, rule: SubsetRule): Int32Array {
  const size = subsetSize(rule, labels.length);
  const rng = new Rng(seed);
  return rule.stratified === true ? stratifiedSubset(rng, labels, size) : rng.subset(labels.length, size);
}

/** A random subset with as equal a share of every class as whole points allow, see {@link classShares}. */
function stratifiedSubset(rng: Rng, labels: Int32Array, size: number): Int32Array {
  const byClass = new Map<number, number[]>();
  for (const point of rng.permutation(labels.length)) {
    const members = byClass.get(labels[point]) ?? [];
    members.push(point);
    byClass.set(labels[point], members);
  }
  const classes = [...byClass.values()];
  const { shares, left } = classShares(
    classes.map((members) => members.length),
    size,
  );
  const ordered = rng
    .shuffle(classes.map((members, index) => ({ members, ...shares[index] })))
    .sort((a, b) => b.remainder - a.remainder);
  return Int32Array.from(
    ordered.flatMap(({ members, taken }, place) => members.slice(0, taken + (place < left ? 1 : 0))),
  ).sort();
}

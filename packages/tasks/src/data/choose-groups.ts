import { BenchError, deriveSeed, Rng } from '@attribution-bench/contract';
import { type ChosenPoints, type Counts, quotas, tooFew } from './choose-points.js';
import type { Partition, PointSource } from './dataset.js';
import { rowsByGroup } from './rows-by-group.js';

/**
 * Chooses whole groups, so that queries have points of their groups among the training points. Each class has its share as in
 * a stratified choice. Within a class groups come in a random order until there are as many points as asked for, the last group
 * in part; then each of them in turn gives one of its points, at random, to the queries, and none its last one as long as
 * another has more. Where the dataset has held-out points, all that is chosen of the groups is trained on, and queries are held-out
 * points of these groups before others.
 * @param labels class labels to keep
 * @throws BenchError GROUPS_MISSING when the points have no groups; DATA_TOO_FEW when the rows do not suffice
 */
export function groupedPoints(
  { train, heldout }: PointSource,
  labels: readonly number[],
  counts: Counts,
  seed: number,
  place: string,
): ChosenPoints {
  const rngOf = ({ name }: Partition, label: number) => new Rng(deriveSeed(seed, place, 'data', name, label, 'groups'));
  const pools = labels.map((label) => groupsOf(train, label, rngOf(train, label), place));
  const sizes = pools.map((groups) => groups.flat().length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (heldout !== undefined) {
    if (counts.train > total) throw tooFew(place, `${counts.train} training points`, total);
    const quota = quotas(sizes, counts.train);
    const chosen = pools.flatMap((groups, c) => groups.flat().slice(0, quota[c]));
    const known = new Set(chosen.map((row) => train.groups?.[row]));
    return { train: ascending(chosen), queries: heldoutOf(known) };
  }
  const wanted = counts.train + counts.queries;
  if (wanted > total) throw tooFew(place, `${counts.train} training points and ${counts.queries} queries`, total);
  const both = quotas(sizes, wanted);
  const queryQuota = quotas(both, counts.queries);
  const split = pools.map((groups, c) => dealt(firstOf(groups, both[c]), queryQuota[c]));
  return {
    train: ascending(split.flatMap(({ kept }) => kept)),
    queries: ascending(split.flatMap(({ given }) => given)),
  };

  function heldoutOf(known: ReadonlySet<number | undefined>): Int32Array {
    const from = heldout as Partition;
    const rows = labels.map((label) => groupsOf(from, label, rngOf(from, label), place).flat());
    const found = rows.flat().length;
    if (counts.queries > found) throw tooFew(place, `${counts.queries} queries`, found);
    const quota = quotas(
      rows.map((each) => each.length),
      counts.queries,
    );
    const related = (row: number) => Number(known.has(from.groups?.[row]));
    return ascending(rows.flatMap((each, c) => each.sort((a, b) => related(b) - related(a)).slice(0, quota[c])));
  }
}

/** The rows of a class by group, groups and the rows of each in a random order. A point of no group is alone. */
function groupsOf({ labels, groups }: Partition, label: number, rng: Rng, place: string): number[][] {
  if (groups === undefined)
    throw new BenchError({
      code: 'GROUPS_MISSING',
      place,
      message: 'has no groups to choose points by',
      next: 'leave data.choose out, or take a dataset whose points have groups, such as emoji',
    });
  const ofClass = Array.from(labels.keys()).filter((row) => labels[row] === label);
  return rng.shuffle(rowsByGroup(groups, ofClass)).map((rows) => rng.shuffle(rows));
}

/** The first groups that have so many points, the last of them in part. */
function firstOf(groups: readonly (readonly number[])[], points: number): number[][] {
  const first: number[][] = [];
  let left = points;
  for (const group of groups) {
    if (left === 0) break;
    first.push(group.slice(0, left));
    left -= Math.min(left, group.length);
  }
  return first;
}

/** Deals points out to the queries: one of each group in turn, and none its last one before all have only one. */
function dealt(groups: readonly number[][], queries: number): { readonly kept: number[]; readonly given: number[] } {
  const given: number[] = [];
  for (let left = 1; left >= 0 && given.length < queries; left--)
    for (let before = -1; before < given.length && given.length < queries; ) {
      before = given.length;
      for (const group of groups) {
        if (given.length === queries) break;
        if (group.length > left) given.push(group.pop() as number);
      }
    }
  return { kept: groups.flat(), given };
}

function ascending(rows: readonly number[]): Int32Array {
  return Int32Array.from(rows).sort();
}

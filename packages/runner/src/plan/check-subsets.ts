import { BenchError } from '@attribution-bench/contract';
import type { TruthSpec } from '../model/grid.js';
import { leftOutBlocks } from '../steps/draw-subsets.js';
import { groupChoices, groupedSize, pointsByGroup } from '../steps/group-subsets.js';
import { classShares, subsetRule, subsetSize } from '../steps/subset-rule.js';

/** More than that are planned by nobody: a plan has a step for each group of them. */
const mostRetrainings = 1_000_000;

/**
 * Whether the subsets of a truth can differ: there must be at least as many different ones as are asked for.
 * @param of the id, the key and the grid seed of the task
 * @param labels class that each training point is trained on, [train]
 * @param groups group of each, where subsets are drawn of groups, [train]
 * @throws BenchError SUBSETS_TOO_FEW with the nearest size that works, TRUTH_TOO_LARGE
 */
export function checkSubsets(
  { id: task, key, seed }: { readonly id: string; readonly key: string; readonly seed: number },
  truth: TruthSpec,
  labels: Int32Array,
  groups?: Int32Array,
): void {
  const train = labels.length;
  const { subsets, fraction, leaveOut, stratified, retrainSeeds } = truth;
  if (subsets * retrainSeeds > mostRetrainings)
    throw new BenchError({
      code: 'TRUTH_TOO_LARGE',
      place: `task "${task}"`,
      message: `asks for ${subsets} subsets with ${retrainSeeds} retrainings each, more than ${mostRetrainings} models`,
      next: 'lower truth.subsets or truth.retrainSeeds',
    });
  const counts = countsOf(labels);
  const sizes = groups && pointsByGroup(groups).map(({ length }) => length);
  const different = (size: number): number =>
    sizes !== undefined
      ? groupChoices(sizes, size, subsets)
      : stratified
        ? stratifiedChoices(counts, size, subsets)
        : choices(train, size, subsets);
  const rule = subsetRule(truth);
  const size = sizes === undefined ? subsetSize(rule, train) : groupedSize(sizes, rule);
  const found = size > 0 && size < train ? different(size) : 1;
  if (found >= subsets) {
    if (rule.balanced === true) checkBlocks(task, subsets, leftOutBlocks(seed, key, labels, rule));
    return;
  }
  const kind = stratified ? 'class-stratified subsets' : groups === undefined ? 'subsets' : 'subsets of whole groups';
  const points =
    leaveOut === undefined
      ? `truth.fraction ${fraction} of ${train} training points is ${size}`
      : `truth.leaveOut is ${leaveOut} of ${train} training points`;
  const works = nearestSize(fraction * train, train, (other) => different(other) >= subsets);
  throw new BenchError({
    code: 'SUBSETS_TOO_FEW',
    place: `task "${task}"`,
    message:
      size === 0 || size === train
        ? `has no subsets that differ: ${points}`
        : `has ${found} different ${kind}, fewer than the ${subsets} asked for: ${points}`,
    next:
      works === undefined
        ? `lower truth.subsets or raise data.train: no share gives ${subsets} different ones`
        : leaveOut === undefined
          ? `set truth.fraction to ${shortestShare(works, train)}, which is ${works} and the nearest that works`
          : `set truth.leaveOut to ${train - works}, the nearest that works`,
  });
}

/** Subsets that leave out every point equally often may come to an end before all different ones are drawn. */
function checkBlocks(task: string, subsets: number, leftOut: (subset: number) => Int32Array | undefined): void {
  for (let subset = 0; subset < subsets; subset++)
    if (leftOut(subset) === undefined)
      throw new BenchError({
        code: 'SUBSETS_TOO_FEW',
        place: `task "${task}"`,
        message: `asks for ${subsets} subsets, of which ${subset} that differ were found to leave out all points equally often`,
        next: `lower truth.subsets to ${subset}, or leave out more points`,
      });
}

/** The size nearest to `wanted` with 0 < size < train that works. */
function nearestSize(wanted: number, train: number, works: (size: number) => boolean): number | undefined {
  const sizes = Array.from({ length: Math.max(0, train - 1) }, (_, index) => index + 1);
  sizes.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || a - b);
  return sizes.find(works);
}

/** The share with the fewest digits that comes to `size` of `train` points. */
function shortestShare(size: number, train: number): number {
  for (let digits = 1; digits < 17; digits++) {
    const share = Number((size / train).toFixed(digits));
    if (share > 0 && share < 1 && subsetSize({ fraction: share }, train) === size) return share;
  }
  return size / train;
}

/** How many subsets of `size` of `count` points there are, at most `most`. */
function choices(count: number, size: number, most: number): number {
  const few = Math.min(size, count - size);
  let found = 1;
  for (let i = 1; i <= few && found < most; i++) found = (found * (count - few + i)) / i;
  return Math.min(Math.round(found), most);
}

/** Counts as above, for subsets that have their share of every class. */
function stratifiedChoices(counts: readonly number[], size: number, most: number): number {
  const { shares, left } = classShares(counts, size);
  const remainders = shares.map(({ remainder }) => remainder).sort((a, b) => b - a);
  const last = left === 0 ? Number.POSITIVE_INFINITY : remainders[left - 1];
  // ways[k]: subsets of the classes so far in which k of those with the last remainder got a point more.
  let ways = [1];
  let sure = 0;
  for (const [index, { taken, remainder }] of shares.entries()) {
    if (remainder > last) sure++;
    const [without, withOne] = [taken, taken + 1].map((points) => choices(counts[index], points, most));
    const tied = remainder === last;
    const next = new Array<number>(ways.length + (tied ? 1 : 0)).fill(0);
    for (const [extra, count] of ways.entries()) {
      next[extra] = Math.min(most, next[extra] + count * (remainder > last ? withOne : without));
      if (tied) next[extra + 1] = Math.min(most, next[extra + 1] + count * withOne);
    }
    ways = next;
  }
  return ways[left - sure] ?? 0;
}

function countsOf(labels: Int32Array): number[] {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()];
}

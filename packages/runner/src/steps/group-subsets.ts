import { Rng, type Seed } from '@attribution-bench/contract';
import { noGroup, rowsByGroup } from '@attribution-bench/tasks';
import type { SubsetRule } from '../model/subset-rule.js';
import { subsetSize } from './subset-rule.js';

/** The points of each group, then those of none (-1), each alone. @param groups number of each training point's group, [train] */
export function pointsByGroup(groups: Int32Array): number[][] {
  const units = rowsByGroup(groups, groups.keys());
  const isGroup = ([point]: readonly number[]): boolean => groups[point] !== noGroup;
  return [...units.filter(isGroup), ...units.filter((unit) => !isGroup(unit))];
}

/**
 * How many points a subset of whole groups has: as many as its share of all, or the nearest number (the smaller of two) that
 * whole groups come to. All subsets have the same size, so that they are trained alike.
 */
export function groupedSize(sizes: readonly number[], rule: Pick<SubsetRule, 'fraction'>): number {
  const train = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = subsetSize(rule, train);
  const [ways] = logWays(countsOf(sizes), train);
  for (let off = 0; off <= train; off++)
    for (const size of [wanted - off, wanted + off])
      if (size > 0 && size < train && ways[size] > Number.NEGATIVE_INFINITY) return size;
  return wanted;
}

/**
 * Draws subsets of whole groups, uniformly among all that have the size of {@link groupedSize}: first how many groups of each
 * size, then which.
 * @returns a function of the seed that gives the training indices of a subset, ascending
 */
export function groupSubsets(groups: Int32Array, rule: SubsetRule): (seed: Seed) => Int32Array {
  const units = pointsByGroup(groups);
  const sizes = units.map(({ length }) => length);
  const size = groupedSize(sizes, rule);
  const counts = countsOf(sizes);
  const ways = logWays(counts, size);
  return (seed) => {
    const rng = new Rng(seed);
    const members: number[] = [];
    let left = size;
    for (const [at, [points, count]] of counts.entries()) {
      const terms = termsOf(count, points, ways[at + 1], left);
      let rest = rng.uniform();
      let taken = 0;
      while (taken < terms.length - 1) {
        rest -= Math.exp(terms[taken] - ways[at][left]);
        if (rest < 0) break;
        taken++;
      }
      while (terms[taken] === Number.NEGATIVE_INFINITY) taken--;
      const alike = units.filter(({ length }) => length === points);
      for (const unit of rng.subset(count, taken)) members.push(...alike[unit]);
      left -= taken * points;
    }
    return Int32Array.from(members).sort();
  };
}

/** How many different subsets of whole groups have `size` points, at most `most`. */
export function groupChoices(sizes: readonly number[], size: number, most: number): number {
  return Math.min(most, Math.round(Math.exp(logWays(countsOf(sizes), size)[0][size])));
}

/** How many groups there are of each size, the largest first. */
function countsOf(sizes: readonly number[]): [size: number, count: number][] {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => b - a);
}

/**
 * Logarithms of the numbers of ways in which groups come to each number of points up to `most`: a row for the groups of all
 * sizes, one for those but the largest, and so on to one without any.
 */
function logWays(counts: readonly (readonly [number, number])[], most: number): Float64Array[] {
  const rows = [new Float64Array(most + 1).fill(Number.NEGATIVE_INFINITY)];
  rows[0][0] = 0;
  for (const [points, count] of counts.toReversed()) {
    const [after] = rows;
    rows.unshift(after.map((_, sum) => logSum(termsOf(count, points, after, sum))));
  }
  return rows;
}

/** Logarithms of the numbers of ways to come to `sum` with 0, 1, … of `count` groups of so many points and the groups after. */
function termsOf(count: number, points: number, after: Float64Array, sum: number): number[] {
  const terms: number[] = [];
  let logChoices = 0;
  for (let taken = 0; taken <= count && taken * points <= sum; taken++) {
    terms.push(logChoices + after[sum - taken * points]);
    logChoices += Math.log((count - taken) / (taken + 1));
  }
  return terms;
}

function logSum(terms: readonly number[]): number {
  const largest = terms.reduce((most, term) => Math.max(most, term), Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}

import type { TruthSpec } from '../model/grid.js';
import type { SubsetRule } from '../model/subset-rule.js';

/** Share of the training set from which on subsets are told by the few points that they leave out. */
const balancedFrom = 0.9;

/** What a grid says of its subsets; plain random ones have the identity they had before there were others. */
export function subsetRule({ fraction, stratified, by, seeds }: TruthSpec): SubsetRule {
  return {
    fraction,
    ...(stratified ? { stratified } : {}),
    ...(by === undefined ? {} : { by }),
    ...(fraction >= balancedFrom && by === undefined ? { balanced: true } : {}),
    ...(seeds === 'same' ? { seeds } : {}),
  };
}

/** How many of `train` points a subset has. */
export function subsetSize({ fraction }: Pick<SubsetRule, 'fraction'>, train: number): number {
  return Math.round(fraction * train);
}

export interface ClassShare {
  /** Points that every subset has of the class. */
  readonly taken: number;
  /** What its exact share has above that. */
  readonly remainder: number;
}

/**
 * How a class-stratified subset of `size` points is made up: each class has its share rounded down, and the points that
 * are left over go one each to the classes with the largest remainders, at random between equal ones.
 * @param counts points of each class
 */
export function classShares(counts: readonly number[], size: number): { shares: ClassShare[]; left: number } {
  const train = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => {
    const share = (count * size) / train;
    return { taken: Math.floor(share), remainder: share - Math.floor(share) };
  });
  return { shares, left: size - shares.reduce((sum, { taken }) => sum + taken, 0) };
}

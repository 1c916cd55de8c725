import { isObject } from './is-object.js';

/**
 * Which subsets of the training set models are trained on for a method to learn from. They are drawn from seeds of their own,
 * which no truth, checkpoint or metric shares, and each is trained with the recipe of the task. Subset `i` of a design does not
 * depend on how many there are, and methods that ask for the same subset share its model.
 */
export type SubsetDesign =
  /** Uniformly random subsets that keep this share of the points: `fraction: 0.5` are random halves. */
  | { readonly draw: 'fraction'; readonly count: number; readonly fraction: number }
  /**
   * Subsets that keep each point with probability p: `count / shares.length` of them, rounded up, for every p of `shares`, those
   * of the first share first. Their sizes are binomial; models that are trained together have the same size.
   */
  | { readonly draw: 'bernoulli'; readonly count: number; readonly shares: readonly number[] }
  /**
   * The first n k / `positions` points of each of `count` random orders, for k = 1 .. `positions`: those of all orders with
   * k = 1 come first. All models of an order share initial weights and batch order as far as their sizes allow.
   */
  | { readonly draw: 'permutations'; readonly count: number; readonly positions: number }
  /** As many points as there are, drawn with replacement. */
  | { readonly draw: 'bootstrap'; readonly count: number }
  /** For each of `seeds` training seeds all points, then, in the same order, all points but one, in the order of the points. */
  | { readonly draw: 'leave-one-out'; readonly seeds: number };

const most = 1_000_000;

/** Why a value is no design that can be drawn; undefined when it is one. */
export function subsetDesignProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'is not an object';
  const { draw, count, fraction, shares, positions, seeds } = value;
  const wholes = (name: string, number: unknown) =>
    Number.isInteger(number) && Number(number) >= 1 && Number(number) <= most
      ? undefined
      : `has ${name} that is not a whole number from 1 to ${most}`;
  const isShare = (share: unknown) => typeof share === 'number' && share > 0 && share < 1;
  switch (draw) {
    case 'fraction':
      return wholes('a count', count) ?? (isShare(fraction) ? undefined : 'has a fraction that is not between 0 and 1');
    case 'bernoulli':
      return (
        wholes('a count', count) ??
        (Array.isArray(shares) && shares.length > 0 && shares.every(isShare)
          ? undefined
          : 'has shares that are not a list of numbers between 0 and 1')
      );
    case 'permutations':
      return wholes('a count', count) ?? wholes('positions', positions);
    case 'bootstrap':
      return wholes('a count', count);
    case 'leave-one-out':
      return wholes('seeds', seeds);
    default:
      return 'has a "draw" that is not fraction, bernoulli, permutations, bootstrap or leave-one-out';
  }
}

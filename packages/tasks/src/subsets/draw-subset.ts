import { deriveSeed, Rng, type Seed, type SeedRole, type SubsetDesign } from '@attribution-bench/contract';

/** How subsets that can be trained together are drawn: a whole stack of them has one size. */
export type SubsetKind =
  | { readonly draw: 'fraction'; readonly fraction: number }
  | { readonly draw: 'bernoulli'; readonly share: number }
  | { readonly draw: 'permutations'; readonly size: number }
  | { readonly draw: 'bootstrap' }
  | { readonly draw: 'all'; readonly seed: number }
  | { readonly draw: 'leave-one-out'; readonly seed: number };

/** Subsets `0 .. count - 1` of one kind. */
export interface SubsetSeries {
  readonly kind: SubsetKind;
  readonly count: number;
}

/** What a design consists of, in the order in which a method is given it. @param train points of the training set */
export function seriesOf(design: SubsetDesign, train: number): SubsetSeries[] {
  const { draw } = design;
  switch (draw) {
    case 'fraction':
      return [{ kind: { draw, fraction: design.fraction }, count: design.count }];
    case 'bernoulli': {
      const count = Math.ceil(design.count / design.shares.length);
      return design.shares.map((share) => ({ kind: { draw, share }, count }));
    }
    case 'permutations':
      return prefixSizes(design.positions, train).map((size) => ({ kind: { draw, size }, count: design.count }));
    case 'bootstrap':
      return [{ kind: { draw }, count: design.count }];
    case 'leave-one-out':
      return Array.from({ length: design.seeds }, (_, seed): SubsetSeries[] => [
        { kind: { draw: 'all', seed }, count: 1 },
        { kind: { draw, seed }, count: train },
      ]).flat();
  }
}

/** Sizes of the prefixes of a random order, ascending; fewer than `positions` where there are fewer points. */
function prefixSizes(positions: number, train: number): number[] {
  const sizes = Array.from({ length: positions }, (_, k) => Math.round((train * (k + 1)) / positions));
  return [...new Set(sizes)].filter((size) => size > 0);
}

/** What subsets for a method to learn from are drawn for. */
export interface SubsetScope {
  /** Seed of the grid, key of the task and seed of the method. */
  readonly gridSeed: number;
  readonly taskKey: string;
  readonly methodSeed: number;
  /** Points of the training set. */
  readonly train: number;
  /** Models that the task trains at once. */
  readonly stack: number;
}

/** A subset, ascending and with repetitions where it is drawn with replacement, and the seed of its training run. */
export interface DrawnSubset {
  readonly members: Int32Array;
  readonly seed: Seed;
}

/** Draws subset `index` of a kind, from seeds that nothing but methods' own subsets have. */
export function drawSubset(kind: SubsetKind, index: number, scope: SubsetScope): DrawnSubset {
  const { gridSeed, taskKey, methodSeed, train, stack } = scope;
  const seedOf = (role: SeedRole, ...of: readonly (number | string)[]): Seed =>
    deriveSeed(gridSeed, taskKey, role, methodSeed, kind.draw, ...of);
  const rng = (...of: readonly (number | string)[]): Rng => new Rng(seedOf('method-subset', ...of));
  switch (kind.draw) {
    case 'fraction': {
      const size = within(Math.round(kind.fraction * train), 1, train - 1);
      return {
        members: rng(kind.fraction, index).subset(train, size),
        seed: seedOf('method-retrain', kind.fraction, index),
      };
    }
    case 'bernoulli': {
      const sizes = rng(kind.share, 'size', Math.floor(index / stack));
      const size = within(binomial(sizes, train, kind.share), 1, train);
      return { members: rng(kind.share, index).subset(train, size), seed: seedOf('method-retrain', kind.share, index) };
    }
    case 'permutations':
      return {
        members: rng(index).permutation(train).slice(0, kind.size).sort(),
        seed: seedOf('method-retrain', index),
      };
    case 'bootstrap': {
      const draws = rng(index);
      return {
        members: Int32Array.from({ length: train }, () => draws.below(train)).sort(),
        seed: seedOf('method-retrain', index),
      };
    }
    case 'all':
      return { members: Int32Array.from({ length: train }, (_, point) => point), seed: leaveOneOutSeed(kind.seed) };
    case 'leave-one-out':
      return {
        members: Int32Array.from({ length: train - 1 }, (_, at) => (at < index ? at : at + 1)),
        seed: leaveOneOutSeed(kind.seed),
      };
  }

  /** Runs with and without a point share initial weights. */
  function leaveOneOutSeed(seed: number): Seed {
    return deriveSeed(gridSeed, taskKey, 'method-retrain', methodSeed, 'leave-one-out', seed);
  }
}

function within(size: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, size));
}

function binomial(rng: Rng, trials: number, share: number): number {
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) if (rng.uniform() < share) hits++;
  return hits;
}

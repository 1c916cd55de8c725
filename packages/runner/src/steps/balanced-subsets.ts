import { Rng, type Seed } from '@attribution-bench/contract';

/** How often a round of blocks is dealt again where one of them was dealt before. */
const mostDeals = 2000;

/** Seed of one deal of a round of blocks: dealt again until all of its blocks are new. */
export type SeedOfDeal = (round: number, deal: number) => Seed;

/**
 * Blocks of `size` points each, by number: all points are dealt out in a random order, block after block, then again in
 * another order, so that among the first blocks, however many, no point is in two more than another. No two blocks are the same.
 * @param labels class of each point, [points]
 * @param stratified deal the classes evenly, so that each has its share of every block up to a point
 * @returns a function of the number of a block that gives its points, ascending; undefined once no new blocks are found
 */
export function balancedBlocks(
  labels: Int32Array,
  size: number,
  stratified: boolean,
  seedOf: SeedOfDeal,
): (block: number) => Int32Array | undefined {
  const blocks: Int32Array[] = [];
  const known = new Set<string>();
  let left: number[] = [];
  let round = 0;
  const nextRound = (): boolean => {
    for (let deal = 0; deal < mostDeals; deal++) {
      const rng = new Rng(seedOf(round, deal));
      const order = afterLeftOver(
        left,
        stratified ? evenOrder(rng, labels) : [...rng.permutation(labels.length)],
        size,
      );
      const found = Array.from({ length: Math.floor(order.length / size) }, (_, block) =>
        Int32Array.from(order.slice(block * size, (block + 1) * size)).sort(),
      );
      const names = found.map((points) => points.join());
      if (new Set(names).size < names.length || names.some((name) => known.has(name))) continue;
      blocks.push(...found);
      for (const name of names) known.add(name);
      left = order.slice(found.length * size);
      round++;
      return true;
    }
    return false;
  };
  return (block) => {
    while (blocks.length <= block) if (!nextRound()) return undefined;
    return blocks[block];
  };
}

/** What is left over of the last order comes first, in a block that is filled up with other points. */
function afterLeftOver(left: readonly number[], order: readonly number[], size: number): number[] {
  if (left.length === 0) return [...order];
  const before = new Set(left);
  const filling = order.filter((point) => !before.has(point)).slice(0, size - left.length);
  const filled = new Set(filling);
  return [...left, ...filling, ...order.filter((point) => !filled.has(point))];
}

/** A random order in which every stretch has its share of each class: the points of a class evenly spaced, from a random start. */
function evenOrder(rng: Rng, labels: Int32Array): number[] {
  const byClass = new Map<number, number[]>();
  for (const point of rng.permutation(labels.length))
    byClass.set(labels[point], [...(byClass.get(labels[point]) ?? []), point]);
  const placed = [...byClass.values()].flatMap((points) => {
    const start = rng.uniform();
    return points.map((point, i) => ({ point, place: (i + start) / points.length }));
  });
  return placed.sort((a, b) => a.place - b.place || a.point - b.point).map(({ point }) => point);
}

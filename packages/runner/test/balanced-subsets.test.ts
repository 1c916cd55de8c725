import { deriveSeed } from '@attribution-bench/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { balancedBlocks, type SeedOfDeal } from '../src/steps/balanced-subsets.js';

const seedOf: SeedOfDeal = (round, deal) => deriveSeed(1, 'key', 'truth-subset', 'balanced', round, deal);

it('blocks leave out every point about equally often, and never the same points twice', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 120 }),
      fc.integer({ min: 2, max: 3 }),
      fc.integer({ min: 1, max: 80 }),
      fc.boolean(),
      (points, size, count, stratified) => {
        const labels = Int32Array.from({ length: points }, (_, i) => i % 3);
        const block = balancedBlocks(labels, size, stratified, seedOf);
        const times = new Int32Array(points);
        const seen = new Set<string>();
        for (let i = 0; i < count; i++) {
          const found = block(i) ?? new Int32Array();
          expect(new Set(found).size).toBe(size);
          expect(found).toEqual(found.toSorted());
          for (const point of found) times[point]++;
          seen.add(found.join());
          expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
        }
        expect(seen.size).toBe(count);
      },
    ),
    { numRuns: 40 },
  );
});

it('a block is the same however many are asked for, and leaves out a share of each class where it is to', () => {
  const labels = Int32Array.from({ length: 200 }, (_, i) => (i < 120 ? 0 : 1));
  const [one, other] = [balancedBlocks(labels, 10, true, seedOf), balancedBlocks(labels, 10, true, seedOf)];
  other(3);
  expect(one(35)).toEqual(other(35));
  for (let block = 0; block < 60; block++) {
    const first = one(block)?.filter((point) => labels[point] === 0).length ?? 0;
    expect(Math.abs(first - 6)).toBeLessThanOrEqual(1);
  }
});

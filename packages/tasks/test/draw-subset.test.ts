import { deriveSeed, type SeedRole, type SubsetDesign } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import { drawSubset, seriesOf } from '../src/index.js';

const [train, stack] = [40, 8];
const scope = { gridSeed: 7, taskKey: 'task', methodSeed: 1, train, stack };
const designs: readonly SubsetDesign[] = [
  { draw: 'fraction', count: 12, fraction: 0.5 },
  { draw: 'bernoulli', count: 32, shares: [0.2, 0.8] },
  { draw: 'permutations', count: 8, positions: 5 },
  { draw: 'bootstrap', count: 12 },
  { draw: 'leave-one-out', seeds: 2 },
];

function drawn(design: SubsetDesign, of = scope) {
  return seriesOf(design, train).map(({ kind, count }) =>
    Array.from({ length: count }, (_, index) => drawSubset(kind, index, of)),
  );
}

test('a design is as many subsets as it says, each of points in ascending order', () => {
  const counts = [12, 32, 40, 12, 82];
  for (const [at, design] of designs.entries()) {
    const subsets = drawn(design).flat();
    expect(subsets.length).toBe(counts[at]);
    for (const { members } of subsets)
      for (const [i, point] of members.entries()) {
        expect(point >= (i === 0 ? 0 : members[i - 1]) && point < train).toBe(true);
        if (design.draw !== 'bootstrap') expect(point).not.toBe(members[i - 1]);
      }
  }
});

test('models that are trained together have one size, and those of different stacks differ', () => {
  const [sparse, dense] = drawn(designs[1]).map((subsets) => subsets.map(({ members }) => members.length));
  for (const sizes of [sparse, dense])
    for (const [index, size] of sizes.entries()) expect(size).toBe(sizes[index - (index % stack)]);
  expect(new Set(sparse).size).toBe(2);
  const mean = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  expect(mean(sparse)).toBeLessThan(mean(dense));
});

test('prefixes of an order hold each other and are trained from one seed, points left out are missing alone', () => {
  const prefixes = drawn(designs[2]);
  for (const [k, series] of prefixes.entries())
    for (const [order, { members, seed }] of series.entries()) {
      expect(members.length).toBe((train * (k + 1)) / 5);
      expect(seed).toEqual(prefixes[0][order].seed);
      for (const point of prefixes[k - 1]?.[order].members ?? []) expect(members).toContain(point);
    }
  const [all, without] = drawn(designs[4]);
  expect(all[0].members.length).toBe(train);
  for (const [point, { members, seed }] of without.entries()) {
    expect(Array.from(all[0].members).filter((each) => !members.includes(each))).toEqual([point]);
    expect(seed).toEqual(all[0].seed);
  }
});

test('no subset or training run of a method shares its seed with a truth, a checkpoint, a metric or another method seed', () => {
  const others = new Set<string>();
  for (const role of [
    'truth-subset',
    'truth-retrain',
    'checkpoint',
    'metric',
    'split',
    'method',
  ] as const satisfies SeedRole[])
    for (let a = 0; a < 40; a++)
      for (const index of [[a], [a, 0], [a, 1], [1, a], ['retrain', a]])
        others.add(String(deriveSeed(scope.gridSeed, scope.taskKey, role, ...index)));
  for (const design of designs.slice(0, 4)) {
    const own = drawn(design).flat();
    const elsewhere = drawn(design, { ...scope, methodSeed: 2 }).flat();
    for (const { seed } of own) expect(others.has(String(seed))).toBe(false);
    const seeds = new Set(own.map(({ seed }) => String(seed)));
    expect(elsewhere.some(({ seed }) => seeds.has(String(seed)))).toBe(false);
    const subsets = new Set(own.filter(({ members }) => members.length < train).map(({ members }) => String(members)));
    expect(elsewhere.some(({ members }) => subsets.has(String(members)))).toBe(false);
  }
  const halves = drawn(designs[0]).flat();
  expect(new Set(halves.map(({ members }) => String(members))).size).toBe(12);
});

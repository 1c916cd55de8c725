import { expect, test } from 'vitest';
import { childSeed, deriveSeed, Rng } from '../src/index.js';

test('the generator is xoshiro128**: first outputs from the state 1 2 3 4', () => {
  const rng = new Rng([1, 2, 3, 4]);
  expect(Array.from({ length: 6 }, () => rng.uint32())).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
});

test('roles, scopes, indices and grid seeds never share a seed', () => {
  const seeds = new Set<string>();
  for (const gridSeed of [0, 1])
    for (const scope of ['a', 'b'])
      for (const role of ['truth-subset', 'truth-retrain', 'checkpoint', 'method-subset'] as const)
        for (const i of [0, 1, 2]) for (const j of [0, 1, 2]) seeds.add(deriveSeed(gridSeed, scope, role, i, j).join());
  expect(seeds.size).toBe(2 * 2 * 4 * 9);
});

test('an index is a number of its own: [1, 23] is not [12, 3], nor the text "1"', () => {
  const seeds = [
    deriveSeed(0, 's', 'method', 1, 23),
    deriveSeed(0, 's', 'method', 12, 3),
    deriveSeed(0, 's', 'method', '1', 23),
  ];
  expect(new Set(seeds.map(String)).size).toBe(3);
});

test('child seeds differ by name and from their parent', () => {
  const parent = deriveSeed(7, 'task', 'checkpoint', 0);
  expect(new Set([parent, childSeed(parent, 'weights'), childSeed(parent, 'order')].map(String)).size).toBe(3);
});

test('uniform and normal draws have their moments', () => {
  const rng = new Rng(deriveSeed(0, 'moments', 'method'));
  const n = 200_000;
  let sum = 0;
  let normalSum = 0;
  let normalSquares = 0;
  for (let i = 0; i < n; i++) {
    sum += rng.uniform();
    const z = rng.normal();
    normalSum += z;
    normalSquares += z * z;
  }
  expect(sum / n).toBeCloseTo(0.5, 2);
  expect(Math.abs(normalSum / n)).toBeLessThan(4 / Math.sqrt(n));
  expect(normalSquares / n).toBeCloseTo(1, 1);
});

test('a permutation holds every index once; a subset is ascending and every member is equally likely', () => {
  const rng = new Rng(deriveSeed(0, 'permutation', 'method'));
  expect([...rng.permutation(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 4000; draw++) {
    const members = rng.subset(10, 5);
    expect([...members]).toEqual([...new Set(members)].sort((a, b) => a - b));
    for (const member of members) counts[member]++;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(1000));
});

test.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])(
  'there is no number below %d to draw, and so no endless search for one',
  (bound) => {
    expect(() => new Rng(deriveSeed(1, 'a', 'data')).below(bound)).toThrow(RangeError);
  },
);

test('no more indices than there are can be drawn', () => {
  const rng = new Rng(deriveSeed(1, 'a', 'data'));
  expect(() => rng.subset(3, 4)).toThrow(RangeError);
  expect(() => rng.subset(3, -1)).toThrow(RangeError);
  expect([...rng.subset(3, 3)]).toEqual([0, 1, 2]);
});

import { describeMethod, expectReference, readNpy } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/leave-one-out.js';
import { fallsWithoutEach } from '../src/without-each.js';

const read = (name: string) => readNpy(new URL(`../../../test/fixtures/data-valuation/${name}.npy`, import.meta.url));

describeMethod(method, { kinds: ['classifier'] });

test('all subsets of one point less give the values of OpenDataVal, but for rounding to float32', () => {
  const train = 14;
  const utilities = read('semi_utility_all_subsets').data;
  const all = 2 ** train - 1;
  const targets = Float64Array.from(
    [all, ...Array.from({ length: train }, (_, point) => all - 2 ** point)],
    (mask) => utilities[mask],
  );
  expectReference(fallsWithoutEach(targets, { train, queries: 1 }), read('loo_opendataval').data, 1e-7);
});

test('falls are averaged over training seeds', () => {
  const targets = Float64Array.from([10, 9, 8, 20, 18, 12]);
  expect(fallsWithoutEach(targets, { train: 2, queries: 1 })).toEqual(Float32Array.of(1.5, 5));
});

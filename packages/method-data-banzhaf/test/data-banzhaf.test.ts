import { withMinusWithout } from '@attribution-bench/numerics';
import { describeMethod, expectReference, readNpy } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/data-banzhaf.js';

const drawnByPlace = 'subsets are drawn by the places of points';
const read = (name: string) => readNpy(new URL(`../../../test/fixtures/data-valuation/${name}.npy`, import.meta.url));
const train = 14;
/** Utility of every subset, by the mask with bit i for point i. */
const utilities = read('semi_utility_all_subsets').data;

describeMethod(method, {
  params: { retrainings: 64 },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
  kinds: ['classifier'],
});

const valuesOf = (members: readonly Int32Array[]) => {
  const maskOf = (points: Int32Array) => points.reduce((mask, point) => mask + 2 ** point, 0);
  const targets = Float64Array.from(members, (points) => utilities[maskOf(points)]);
  return withMinusWithout(members, targets, { train, queries: 1 }, () => undefined);
};
const pointsWhere = (isKept: (point: number) => boolean) =>
  Int32Array.from({ length: train }, (_, point) => point).filter(isKept);

test('recorded subsets give the values of OpenDataVal, but for rounding to float32', async () => {
  const drawn = read('banzhaf_subsets').data;
  const subsets = Array.from({ length: drawn.length / train }, (_, subset) =>
    pointsWhere((point) => drawn[subset * train + point] === 1),
  );
  // It skips the empty subset and the one of point 0 alone.
  const used = subsets.filter((points) => points.some((point) => point !== 0));
  expectReference(await valuesOf(used), read('banzhaf_msr_opendataval').data, 1e-7);
});

test('all subsets give the exact Banzhaf values', async () => {
  const all = Array.from({ length: 2 ** train }, (_, mask) => pointsWhere((point) => ((mask >> point) & 1) === 1));
  expectReference(await valuesOf(all), read('oracle_exact_banzhaf').data, 1e-7);
});

test('halves ask for the subsets of the method that shares them', () => {
  expect(method.uses({ retrainings: 64, draw: 'halves' }).subsets).toEqual({
    draw: 'fraction',
    count: 64,
    fraction: 0.5,
  });
});

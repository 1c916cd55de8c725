import { describeMethod, expectReference, readNpy } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/ame.js';
import { ameFeatures, centredByShare } from '../src/ame-features.js';

const drawnByPlace = 'subsets are drawn by the places of points';
const read = (name: string) => readNpy(new URL(`../../../test/fixtures/data-valuation/${name}.npy`, import.meta.url));

describeMethod(method, {
  params: { retrainings: 64 },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
  kinds: ['classifier'],
});

test('over all subsets features have mean 0 and variance 1, and their products with the utility are average marginal effects', () => {
  const train = 8;
  const shares = [0.2, 0.4, 0.6, 0.8];
  const utilities = read('semi_utility_all_subsets').data;
  const masks = Array.from({ length: 2 ** train }, (_, mask) => mask);
  const subsets = masks.map((mask) =>
    Int32Array.from({ length: train }, (_, point) => point).filter((point) => ((mask >> point) & 1) === 1),
  );
  const { columns, scale } = ameFeatures(
    shares.flatMap(() => subsets),
    shares,
    train,
  );
  const rows = shares.length * masks.length;
  const [means, squares, products, effects] = [0, 0, 0, 0].map(() => new Float64Array(train));
  for (const [at, share] of shares.entries())
    for (const mask of masks) {
      const chance = share ** subsets[mask].length * (1 - share) ** (train - subsets[mask].length);
      for (let point = 0; point < train; point++) {
        const feature = columns[point * rows + at * masks.length + mask];
        const weight = chance / shares.length;
        means[point] += weight * feature;
        squares[point] += weight * feature * feature;
        products[point] += weight * feature * utilities[mask] * scale;
        const isKept = ((mask >> point) & 1) === 1;
        effects[point] += (weight / (isKept ? share : share - 1)) * utilities[mask];
      }
    }
  expectReference(
    means.map((mean) => 1 + mean),
    new Float64Array(train).fill(1),
    1e-12,
  );
  expectReference(squares, new Float64Array(train).fill(1), 1e-12);
  expectReference(products, effects, 1e-9);
});

test('targets are centred among the subsets of one share', () => {
  const targets = Float64Array.of(1, 10, 3, 20, 100, 0, 300, 4);
  expect(centredByShare(targets, 4, 2)).toEqual(Float64Array.of(-1, -5, 1, 5, -100, -2, 100, 2));
});

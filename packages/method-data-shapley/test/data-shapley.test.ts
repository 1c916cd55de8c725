import { betaShapleyWeights, meanGainsByPosition, orderValues } from '@attribution-bench/numerics';
import { describeMethod, expectReference, readNpy } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/data-shapley.js';

const drawnByPlace = 'subsets are drawn by the places of points';
const read = (name: string) => readNpy(new URL(`../../../test/fixtures/data-valuation/${name}.npy`, import.meta.url));

describeMethod(method, {
  params: { retrainings: 160, positions: 4 },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
  kinds: ['classifier'],
});

for (const first of [1, 5])
  test(`recorded orders give the marginals and values of OpenDataVal from ${first} points on`, () => {
    const train = 14;
    const orders = read('tmc_permutations');
    const utilities = read('semi_utility_all_subsets').data;
    const utility = (points: ArrayLike<number>) =>
      utilities[Array.from(points).reduce((mask, point) => mask + 2 ** point, 0)];
    const positions = Array.from({ length: train - first }, (_, k) => first + k);
    const steps = Array.from({ length: orders.shape[0] }, (_, order) => {
      const points = Int32Array.from(orders.data.slice(order * train, (order + 1) * train));
      // Its truncation divides by the sum of gains with its sign, so that it cuts off an order once ten sums in a row are negative.
      let [sum, small] = [0, 0];
      return positions.map((position) => {
        const gain = utility(points.slice(0, position + 1)) - utility(points.slice(0, position));
        const isCut = small === 10;
        sum += gain;
        small = isCut || Math.abs(gain) / sum < 1e-8 ? Math.min(10, small + 1) : 0;
        return { position, points: points.slice(position, position + 1), gain: isCut ? 0 : gain };
      });
    });
    const { means } = meanGainsByPosition(steps, positions, train);
    const marginals = Float64Array.from({ length: train * train }, (_, at) =>
      at % train < first ? 0 : means[Math.floor(at / train) * positions.length + (at % train) - first],
    );
    expectReference(marginals, read(`tmc_marginal_contributions_mincard${first}`).data, 1e-7);
    const valued = (weights: Float64Array) =>
      Float64Array.from({ length: train }, (_, point) =>
        weights.reduce((sum, weight, j) => sum + weight * marginals[point * train + j], 0),
      );
    expectReference(valued(betaShapleyWeights(train, 1, 1)), read(`tmc_shapley_mincard${first}`).data, 1e-7);
    for (const [alpha, beta] of [
      [4, 1],
      [16, 1],
      [1, 4],
    ])
      expectReference(
        valued(betaShapleyWeights(train, alpha, beta)),
        read(`tmc_beta_${alpha}_${beta}_mincard${first}`).data,
        1e-7,
      );
  });

/** All orders of four points, with the utility of each subset by its mask. */
const fourPoints = (utility: (mask: number) => number) => {
  const permutations = (points: readonly number[]): number[][] =>
    points.length === 0
      ? [[]]
      : points.flatMap((point) =>
          permutations(points.filter((other) => other !== point)).map((rest) => [point, ...rest]),
        );
  const orders = permutations([0, 1, 2, 3]);
  const members = [1, 2, 3, 4].flatMap((size) => orders.map((order) => Int32Array.from(order.slice(0, size)).sort()));
  const targets = Float64Array.from(members, (points) => utility(points.reduce((mask, point) => mask + 2 ** point, 0)));
  return { members, targets, orders: orders.length };
};
const sizes = { train: 4, queries: 1 };

test('all orders give the mean over all subsets, weighted by their sizes', () => {
  const utility = (mask: number) => Math.sin(7 * mask) + mask / 5;
  const weights = betaShapleyWeights(4, 2, 1);
  const found = orderValues(fourPoints(utility), sizes, { weights, tolerance: 0 }, () => undefined);
  for (let point = 0; point < 4; point++) {
    let expected = 0;
    for (const size of [1, 2, 3]) {
      const without = Array.from({ length: 16 }, (_, mask) => mask).filter(
        (mask) =>
          ((mask >> point) & 1) === 0 && [0, 1, 2, 3].filter((bit) => ((mask >> bit) & 1) === 1).length === size,
      );
      for (const mask of without)
        expected += (weights[size] * (utility(mask + 2 ** point) - utility(mask))) / without.length;
    }
    expect(found[point]).toBeCloseTo(expected, 6);
  }
});

test('an order gains nothing once it is as near to its end as the tolerance says', () => {
  const saturated = (mask: number) =>
    Math.min(2, [0, 1, 2, 3].filter((bit) => ((mask >> bit) & 1) === 1).length) + mask / 1000;
  const weights = betaShapleyWeights(4, 1, 1);
  const of = (tolerance: number) => orderValues(fourPoints(saturated), sizes, { weights, tolerance }, () => undefined);
  const total = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0);
  expect(total(of(0.1))).toBeLessThan(total(of(0)));
  expect(total(of(0.1))).toBeGreaterThan(0.9);
});

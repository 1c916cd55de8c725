import { Rng } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import { lassoFeatures, lassoLargestPenalty, lassoOfMany, lassoPath } from '../src/index.js';

/** Columns of 0 and 1 with a few weights, [columns × rows], and noisy centred targets. */
function example(seed: number, rows: number, columns: number) {
  const rng = new Rng([seed, 2, 3, 4]);
  const features = Float64Array.from({ length: columns * rows }, () => rng.below(2));
  const weights = Float64Array.from({ length: columns }, (_, j) => (j < 4 ? 3 - j : 0));
  const targets = Float64Array.from({ length: rows }, (_, row) =>
    weights.reduce((sum, weight, j) => sum + weight * features[j * rows + row], 0.5 * rng.normal()),
  );
  return { features, targets, all: Int32Array.from({ length: rows }, (_, row) => row) };
}

const centred = (values: Float64Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
};

for (const [rows, columns] of [
  [60, 20],
  [30, 80],
])
  test(`weights of ${columns} columns on ${rows} rows keep the conditions of an optimum at every λ`, () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { features, targets, all } = example(seed, rows, columns);
      // A column that says nothing, and one that says the same as another.
      features.fill(1, 5 * rows, 6 * rows);
      features.copyWithin(7 * rows, 0, rows);
      const prepared = lassoFeatures(features, rows, all);
      const values = centred(targets);
      const largest = lassoLargestPenalty(prepared, values);
      const penalties = [1, 0.7, 0.3, 0.05, 0.01].map((share) => share * largest);
      for (const [at, weights] of lassoPath(prepared, values, penalties).entries()) {
        const residual = values.map((value, row) =>
          weights.reduce((left, weight, j) => left - weight * prepared.centred[j * rows + row], value),
        );
        for (const [j, weight] of weights.entries()) {
          let pull = 0;
          for (let row = 0; row < rows; row++) pull += (prepared.centred[j * rows + row] * residual[row]) / rows;
          // The derivative is 0 where a weight is not, and no steeper than the penalty where it is.
          if (weight !== 0) expect(Math.abs(pull - Math.sign(weight) * penalties[at])).toBeLessThan(1e-4 * largest);
          else expect(Math.abs(pull)).toBeLessThan(penalties[at] + 1e-4 * largest);
        }
        if (at === 0) expect(weights.every((weight) => weight === 0)).toBe(true);
        expect(weights[5]).toBe(0);
      }
    }
  });

test('cross-validation finds the points that matter, of every target, and constant targets have no weights', () => {
  const [rows, columns] = [80, 40];
  const { features, targets } = example(3, rows, columns);
  const many = Float64Array.from(
    { length: rows * 3 },
    (_, at) => [targets[Math.floor(at / 3)], 7, -targets[Math.floor(at / 3)]][at % 3],
  );
  const { weights, share, error } = lassoOfMany(features, many, { rows, given: 0 }, () => undefined);
  expect(share).toBeLessThan(0.5);
  expect(error).toBeLessThan(0.2);
  expect(Array.from(weights.subarray(0, 3)).map(Math.round)).toEqual([3, 2, 1]);
  expect(weights.subarray(columns, 2 * columns).every((weight) => weight === 0)).toBe(true);
  expect(Array.from(weights.subarray(2 * columns))).toEqual(
    Array.from(weights.subarray(0, columns), (weight) => (weight === 0 ? 0 : -weight)),
  );
  const given = lassoOfMany(features, many, { rows, given: share }, () => undefined);
  expect(given).toEqual({ weights, share });
});

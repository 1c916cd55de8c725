import { pointsByDistance } from '@attribution-bench/numerics';
import { describeMethod, expectReference, fixtureTask, readNpy, runMethod } from '@attribution-bench/testkit';
import { describe, expect, test } from 'vitest';
import method, { knnShapley } from '../src/knn-shapley.js';

describeMethod(method);

const read = (name: string) => readNpy(new URL(`fixtures/${name}.npy`, import.meta.url));
const labels = read('knn_y_train').data;
const queryLabels = read('knn_y_val').data;

/** Values by query, from distances in float64. */
async function valuesOf(k: number): Promise<Float64Array[]> {
  const { data: points, shape } = read('knn_x_train');
  const request = { queries: read('knn_x_val').data, points, dims: shape[1], distance: 'squared-euclidean' };
  const values: Float64Array[] = [];
  for await (const order of pointsByDistance(request as Parameters<typeof pointsByDistance>[0]))
    values.push(knnShapley(order, labels, queryLabels[values.length], k));
  return values;
}

function expectWithin(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(Math.abs(found[i] - expected[i])).toBeLessThan(tolerance);
}

describe('agreement with recorded values', () => {
  test.each([1, 5, 10])('the mean over queries of opendataval at K = %i', async (k) => {
    const values = await valuesOf(k);
    const mean = values[0].map((_, i) => values.reduce((sum, row) => sum + row[i], 0) / values.length);
    expectWithin(mean, read(`knn_shapley_opendataval_k${k}`).data, 1e-9);
  });

  test('every query of dattri at K = 5', async () => {
    const all = (await valuesOf(5)).flatMap((row) => [...row]);
    expectWithin(all, read('knn_shapley_dattri_k5_test_by_train').data, 1e-9);
  });

  test('the method as a whole, from features in float32', async () => {
    const { shape } = read('knn_x_train');
    const setting = await fixtureTask({
      inputs: read('knn_x_train'),
      labels: read('knn_y_train'),
      queryInputs: read('knn_x_val'),
      queryLabels: read('knn_y_val'),
      classes: 10,
      model: { use: 'logistic' },
      checkpoints: [new Float32Array((shape[1] + 1) * 10)],
    });
    for (const space of ['inputs', 'penultimate']) {
      const { scores } = await runMethod(method, setting, { params: { k: 5, space } });
      expectReference(scores, read('knn_shapley_dattri_k5_test_by_train').data, 1e-6);
    }
    await setting.task.release();
  });
});

/** Mean marginal contribution over all orders in which points arrive; the utility is the share of votes for the label. */
function bruteForce(matches: readonly number[], k: number): number[] {
  const utility = (members: readonly number[]) =>
    members.toSorted((a, b) => a - b).reduce((sum, i, place) => (place < k ? sum + matches[i] / k : sum), 0);
  const orders = (rest: readonly number[]): number[][] =>
    rest.length === 0 ? [[]] : rest.flatMap((i) => orders(rest.filter((j) => j !== i)).map((tail) => [i, ...tail]));
  const all = orders([...matches.keys()]);
  return matches.map((_, i) => {
    const marginals = all.map((order) => {
      const before = order.slice(0, order.indexOf(i));
      return utility([...before, i]) - utility(before);
    });
    return marginals.reduce((sum, value) => sum + value, 0) / all.length;
  });
}

test.each([
  [3, [1, 0, 1, 1, 0, 1]],
  [1, [0, 1, 0, 0, 1]],
  [9, [1, 0, 1, 1]],
])('Shapley values by definition, K = %i', (k, matches) => {
  const order = [...matches.keys()];
  expectWithin(knnShapley(order, matches, 1, k), bruteForce(matches, k), 1e-12);
});

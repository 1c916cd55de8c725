import { solveSpd } from '@attribution-bench/numerics';
import {
  describeMethod,
  expectReference,
  readNpy,
  runMethod,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/data-oob.js';
import { outOfBagMeans } from '../src/out-of-bag.js';

const drawnByPlace = 'bootstrap samples are drawn by the places of points';
const read = (name: string) => readNpy(new URL(`../../../test/fixtures/data-valuation/${name}.npy`, import.meta.url));

describeMethod(method, {
  params: { retrainings: 64 },
  exempt: { permutation: drawnByPlace, duplicates: drawnByPlace },
  kinds: ['classifier'],
});

test('recorded bags give the values of OpenDataVal', async () => {
  const inputs = read('oob_x');
  const [train, dims] = inputs.shape;
  const labels = read('oob_y').data;
  const classes = 1 + Math.max(...labels);
  const recorded = read('oob_bags');
  const bags = Array.from({ length: recorded.shape[0] }, (_, bag) =>
    Int32Array.from(recorded.data.slice(bag * train, (bag + 1) * train)),
  );
  const right = new Float64Array(bags.length * train);
  const negError = new Float64Array(bags.length * train);
  for (const [model, bag] of bags.entries()) {
    // Closed-form ridge, W = (XᵀX + 0.1 I)⁻¹ Xᵀ onehot(y), as in the recorded run.
    const gram = new Float64Array(dims * dims);
    const sums = new Float64Array(dims * classes);
    for (const point of bag)
      for (let a = 0; a < dims; a++) {
        sums[a * classes + labels[point]] += inputs.data[point * dims + a];
        for (let b = 0; b < dims; b++)
          gram[a * dims + b] += inputs.data[point * dims + a] * inputs.data[point * dims + b];
      }
    const weights = await solveSpd(gram, sums, { n: dims, columns: classes }, { ridge: 0.1 });
    for (let point = 0; point < train; point++) {
      const predicted = Array.from({ length: classes }, (_, c) =>
        Array.from({ length: dims }, (_, a) => inputs.data[point * dims + a] * weights[a * classes + c]).reduce(
          (x, y) => x + y,
        ),
      );
      right[model * train + point] = Number(predicted.indexOf(Math.max(...predicted)) === labels[point]);
      const errors = predicted.map((value, c) => (value - Number(c === labels[point])) ** 2);
      negError[model * train + point] = -errors.reduce((x, y) => x + y) / classes;
    }
  }
  expectReference(outOfBagMeans(bags, right, train), read('data_oob_accuracy').data, 1e-9);
  expectReference(outOfBagMeans(bags, negError, train), read('data_oob_neg_mse').data, 1e-9);
});

test('wrong labels are the ones that models without them get wrong', async () => {
  const data = { use: 'synthetic', train: 60, queries: 4, classes: 3, dims: 5, separation: 4, flipLabels: 0.1 };
  const setting = await trainedSetting(taskSpec({ id: 'noisy', data, model: { use: 'logistic', epochs: 20 } }, 3));
  const { selfInfluence = new Float32Array() } = await runMethod(method, setting, { params: { retrainings: 32 } });
  const meanOf = (flipped: number) => {
    const own = selfInfluence.filter((_, point) => setting.data.flipped[point] === flipped);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  };
  expect(meanOf(1)).toBeGreaterThan(meanOf(0) + 0.5);
  await setting.task.release();
});

import dataShapley from '@attribution-bench/method-data-shapley';
import influence from '@attribution-bench/method-influence';
import leaveOneOut from '@attribution-bench/method-leave-one-out';
import trak from '@attribution-bench/method-trak';
import { pearson, solveSpd } from '@attribution-bench/numerics';
import type { TaskData } from '@attribution-bench/tasks';
import { runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';

const l2 = 0.02;

const settingOf = (train: number, queries: number, { target = 'prediction', ...model }: Record<string, unknown> = {}) =>
  trainedSetting(
    taskSpec(
      {
        id: 'ridge',
        data: { use: 'penguins', train, queries },
        model: { use: 'linear', weightDecay: l2, batch: train, epochs: 2000, ...model },
        target,
      },
      5,
    ),
  );

/** Rows of inputs with a 1 at the end, in float64. */
function rowsOf(inputs: Float32Array, count: number): Float64Array[] {
  const dims = inputs.length / count;
  return Array.from({ length: count }, (_, row) =>
    Float64Array.of(...inputs.subarray(row * dims, (row + 1) * dims), 1),
  );
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Columns B⁻¹ of the rows given, with B = Σ x xᵀ + size · l2 · I over some points. */
async function solved(
  x: readonly Float64Array[],
  points: readonly number[],
  right: readonly Float64Array[],
  size: number,
) {
  const n = x[0].length;
  const gram = new Float64Array(n * n);
  for (const point of points)
    for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) gram[a * n + b] += x[point][a] * x[point][b];
  const columns = right.length;
  const values = Float64Array.from({ length: n * columns }, (_, i) => right[i % columns][Math.floor(i / columns)]);
  const solution = await solveSpd(gram, values, { n, columns }, { ridge: size * l2 });
  return right.map((_, column) => Float64Array.from({ length: n }, (_, row) => solution[row * columns + column]));
}

/** The ridge regression on some points: the minimiser of Σ r²/2 / |points| + l2 |θ|²/2. */
async function ridge(x: readonly Float64Array[], y: Float32Array, points: readonly number[]): Promise<Float64Array> {
  const moment = x[0].map((_, a) => points.reduce((sum, point) => sum + x[point][a] * y[point], 0));
  return (await solved(x, points, [moment], points.length))[0];
}

function pointsOf(data: TaskData) {
  const x = rowsOf(data.inputs, data.labels.length);
  const queries = rowsOf(data.queryInputs, data.queryLabels.length);
  const { train: y, queries: queryY } = data.responses as NonNullable<TaskData['responses']>;
  return { x, y, queries, queryY, all: x.map((_, point) => point) };
}

/** Largest difference as a share of the largest expected value. */
function worst(found: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - found[i]))) / largest;
}

test('ridge: predictions, leave-one-out and influence of the whole pipeline are their closed forms', async () => {
  const setting = await settingOf(40, 6);
  const { x, y, queries, all } = pointsOf(setting.data);
  const theta = await ridge(x, y, all);
  const { checkpoints } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const [predicted] = await setting.task.queryTargets([checkpoints[0].parameters]);
  expect(
    worst(
      predicted,
      queries.map((q) => dot(q, theta)),
    ),
  ).toBeLessThan(1e-4);

  // Sherman and Morrison: B = XᵀX + (n - 1) λ I, of which leaving a point out takes x xᵀ.
  const moment = x[0].map((_, a) => all.reduce((sum, point) => sum + x[point][a] * y[point], 0));
  const [start, ...columns] = await solved(x, all, [moment, ...x], x.length - 1);
  const falls = queries.flatMap((q) =>
    all.map((point) => {
      const leverage = dot(x[point], columns[point]);
      const change = (y[point] - dot(x[point], start)) / (1 - leverage);
      return dot(q, theta) - (dot(q, start) - dot(q, columns[point]) * change);
    }),
  );
  const { scores } = await runMethod(leaveOneOut, setting);
  expect(worst(scores, falls)).toBeLessThan(5e-3);

  // Koh and Liang, equation 2: ∇targetᵀ (XᵀX / n + λI)⁻¹ x (y - xᵀθ).
  const directions = await solved(x, all, x, x.length);
  const firstOrder = queries.flatMap((q) =>
    all.map((point) => x.length * dot(q, directions[point]) * (y[point] - dot(x[point], theta))),
  );
  for (const params of [{ solver: 'explicit' }, { solver: 'cg' }, { solver: 'explicit', curvature: 'gauss-newton' }]) {
    const found = await runMethod(influence, setting, { params: { ...params, damping: l2 } });
    expect(worst(found.scores, firstOrder)).toBeLessThan(1e-3);
  }
  const ekfac = await runMethod(influence, setting, { params: { solver: 'ekfac', damping: l2 } });
  expect(pearson(ekfac.scores, Float64Array.from(firstOrder))).toBeGreaterThan(0.7);

  // The same inverse, of features divided by the root of the number of parameters.
  const ridgeOfFeatures = (x.length * l2) / x[0].length;
  const params = { projection: 'none', checkpoints: 1, ridge: ridgeOfFeatures, ridgeUnit: 'absolute' };
  const found = await runMethod(trak, setting, { params });
  expect(pearson(found.scores, Float64Array.from(firstOrder))).toBeGreaterThan(0.99999);
});

test('ridge: the slope of the target minus the loss goes through the error of the query', async () => {
  const setting = await settingOf(40, 6, { target: 'neg-regression-loss' });
  const { x, y, queries, queryY, all } = pointsOf(setting.data);
  const theta = await ridge(x, y, all);
  const directions = await solved(x, all, x, x.length);
  const firstOrder = queries.flatMap((q, query) =>
    all.map(
      (point) =>
        (queryY[query] - dot(q, theta)) * x.length * dot(q, directions[point]) * (y[point] - dot(x[point], theta)),
    ),
  );
  const { scores } = await runMethod(influence, setting, { params: { damping: l2 } });
  expect(worst(scores, firstOrder)).toBeLessThan(1e-3);
});

test("Huber's loss: a point counts no more than huberDelta, in the model and in TRAK alike", async () => {
  const delta = 0.3;
  const setting = await settingOf(40, 6, { loss: 'huber', huberDelta: delta });
  const { x, y, queries, all } = pointsOf(setting.data);
  const { checkpoints } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const theta = Float64Array.from(checkpoints[0].parameters);
  const slopes = all.map((point) => Math.max(-delta, Math.min(delta, y[point] - dot(x[point], theta))));
  expect(slopes.filter((slope) => Math.abs(slope) === delta).length).toBeGreaterThan(3);
  // Where training ends, λθ is the mean of what the points pull.
  const pull = [...theta].map((_, a) => all.reduce((sum, point) => sum + (slopes[point] * x[point][a]) / x.length, 0));
  expect(
    worst(
      theta.map((value) => l2 * value),
      pull,
    ),
  ).toBeLessThan(1e-3);
  const directions = await solved(x, all, x, x.length);
  const expected = queries.flatMap((q) => all.map((point) => dot(q, directions[point]) * slopes[point]));
  const params = { projection: 'none', checkpoints: 1, ridge: (x.length * l2) / x[0].length, ridgeUnit: 'absolute' };
  const { scores } = await runMethod(trak, setting, { params });
  expect(pearson(scores, Float64Array.from(expected))).toBeGreaterThan(0.9999);
});

test('ridge: sampled Data Shapley comes to what all subsets of a small set say', async () => {
  const n = 6;
  const setting = await settingOf(n, 4, { epochs: 600, lr: 0.3 });
  const { x, y, queries, all } = pointsOf(setting.data);
  const predictions: number[][] = [];
  for (let subset = 0; subset < 2 ** n; subset++) {
    const members = all.filter((point) => (subset >> point) & 1);
    const theta = members.length === 0 ? undefined : await ridge(x, y, members);
    predictions.push(queries.map((q) => (theta === undefined ? 0 : dot(q, theta))));
  }
  const sizeOf = (subset: number) => all.filter((point) => (subset >> point) & 1).length;
  const binomial = (k: number): number => (k === 0 ? 1 : (binomial(k - 1) * (n - k)) / k);
  // Gains from the second place of an order on: the method trains no model on no points.
  const expected = queries.flatMap((_, query) =>
    all.map((point) => {
      let value = 0;
      for (let subset = 1; subset < 2 ** n; subset++)
        if (((subset >> point) & 1) === 0)
          value +=
            (predictions[subset | (1 << point)][query] - predictions[subset][query]) / (n * binomial(sizeOf(subset)));
      return value;
    }),
  );
  const { scores } = await runMethod(dataShapley, setting, { params: { retrainings: 200 * n, positions: n } });
  expect(pearson(scores, Float64Array.from(expected))).toBeGreaterThan(0.97);
  expect(worst(scores, expected)).toBeLessThan(0.25);
});

import { BenchError, Rng } from '@attribution-bench/contract';
import { onnxEngine, tfjsCpuEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { openTask, type Task } from '../src/index.js';
import { initialValues } from '../src/nn/architecture/flat.js';
import { batchOrder, batchWeights } from '../src/training/batch-order.js';
import type { Recipe } from '../src/training/recipe.js';
import { learningRates } from '../src/training/schedule.js';
import { trainLogistic } from './support/logistic-oracle.js';
import { dataOf, relativeError, runSeed, specOf, taskOf, uncancelled } from './support/tasks.js';

const digitsMlp = { data: { use: 'digits', train: 200, queries: 20 }, model: { use: 'mlp', epochs: 3 } };
const half = (index: number) => new Rng(runSeed(index)).subset(200, 100);
const trained = async (task: Task, indices: readonly number[]) =>
  task.train({ runs: indices.map((i) => ({ seed: runSeed(i), members: half(i) })), cancel: uncancelled });

test('a run gives the same bytes in every call, in any company, at any place of its group', async () => {
  const task = await taskOf(digitsMlp);
  const [alone] = await trained(task, [3]);
  const crowd = await trained(task, [...Array(20).keys()]);
  expect(crowd[3].parameters).toEqual(alone.parameters);
  const again = await taskOf(digitsMlp);
  const [, last] = await trained(again, [19, 3]);
  expect(last.parameters).toEqual(alone.parameters);
  expect(last.losses).toEqual(alone.losses);
  expect(crowd[19].parameters).toEqual((await trained(again, [19]))[0].parameters);
  await task.release();
  await again.release();
});

test('runs on the whole training set give the same bytes alone and together', async () => {
  const task = await taskOf(digitsMlp);
  const whole = (indices: readonly number[]) =>
    task.train({ runs: indices.map((i) => ({ seed: runSeed(i) })), cancel: uncancelled });
  const [first, second] = await whole([0, 1]);
  expect((await whole([1]))[0].parameters).toEqual(second.parameters);
  expect(first.parameters).not.toEqual(second.parameters);
  await task.release();
});

test('different seeds and different members give different models', async () => {
  const task = await taskOf(digitsMlp);
  const [a, b, c] = await task.train({
    runs: [
      { seed: runSeed(0), members: half(0) },
      { seed: runSeed(1), members: half(0) },
      { seed: runSeed(0), members: half(1) },
    ],
    cancel: uncancelled,
  });
  expect(a.parameters).not.toEqual(b.parameters);
  expect(a.parameters).not.toEqual(c.parameters);
  await task.release();
});

test('a perceptron with dropout trains to the same bytes in any company, and to others than without', async () => {
  const task = await taskOf({ ...digitsMlp, model: { ...digitsMlp.model, dropout: 0.1 } });
  const [alone] = await trained(task, [3]);
  const crowd = await trained(task, [...Array(17).keys()]);
  expect(crowd[3].parameters).toEqual(alone.parameters);
  const without = await taskOf(digitsMlp);
  expect((await trained(without, [3]))[0].parameters).not.toEqual(alone.parameters);
  await task.release();
  await without.release();
});

test.each<Partial<Recipe>>([
  { optimizer: 'sgd', lr: 0.2, momentum: 0.9, weightDecay: 0.01 },
  { optimizer: 'sgd', lr: 0.2, momentum: 0, schedule: 'cosine', warmup: 0.2 },
  { optimizer: 'adam', lr: 0.01, weightDecay: 0.01 },
  { optimizer: 'adamw', lr: 0.01, beta1: 0.95, weightDecay: 0.1, schedule: 'step' },
])('%o trains logistic regression as a plain float64 loop does', async (recipe) => {
  const spec = specOf({
    data: { use: 'synthetic', train: 50, queries: 5, dims: 6, classes: 3 },
    model: { use: 'logistic', epochs: 4, batch: 16, ...recipe },
  });
  const data = await dataOf(spec);
  const task = await openTask(spec, data, onnxEngine);
  const members = new Rng(runSeed(5)).subset(50, 41);
  const [run] = await task.train({ runs: [{ seed: runSeed(0), members }], cancel: uncancelled });
  const expected = trainLogistic(data, spec.training, runSeed(0), members);
  expect(relativeError(run.parameters, expected.parameters)).toBeLessThan(1e-4);
  expect(relativeError(run.losses, expected.losses)).toBeLessThan(1e-5);
  await task.release();
});

test('both engines train to the same model up to rounding', async () => {
  const spec = specOf({
    data: { use: 'synthetic', train: 40, queries: 4 },
    model: { use: 'mlp', hidden: [7, 5], activation: 'gelu', epochs: 2, batch: 16, optimizer: 'adam', lr: 0.01 },
  });
  const data = await dataOf(spec);
  const [onnx, eager] = await Promise.all(
    [onnxEngine, tfjsCpuEngine].map(async (engine) => {
      const task = await openTask(spec, data, engine);
      const [run] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
      const [targets] = await task.queryTargets([run.parameters]);
      await task.release();
      return { ...run, targets };
    }),
  );
  expect(relativeError(onnx.parameters, eager.parameters)).toBeLessThan(1e-4);
  expect(relativeError(onnx.targets, eager.targets)).toBeLessThan(1e-4);
});

test('snapshots lie evenly along the run and end with the final model', async () => {
  const task = await taskOf({ ...digitsMlp, model: { use: 'mlp', epochs: 10, schedule: 'linear' } });
  const [run] = await task.train({ runs: [{ seed: runSeed(0) }], snapshots: 4, cancel: uncancelled });
  expect(run.snapshots.map(({ epoch }) => epoch)).toEqual([3, 5, 8, 10]);
  expect(run.snapshots.map(({ step }) => step)).toEqual([12, 20, 32, 40]);
  expect(run.snapshots[3].parameters).toEqual(run.parameters);
  expect(run.snapshots[3].learningRate).toBeCloseTo(0.1 / 40, 10);
  const [plain] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  expect(plain.parameters).toEqual(run.parameters);
  expect(plain.snapshots).toEqual([]);
  await task.release();
});

test('a diverged training says where and what to try', async () => {
  const task = await taskOf({ ...digitsMlp, model: { use: 'mlp', activation: 'gelu', lr: 1e30, epochs: 2 } });
  const failure = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(BenchError);
  expect((failure as BenchError).code).toBe('TRAINING_DIVERGED');
  expect((failure as BenchError).line).toMatch(/in epoch 1 at learning rate 1e\+30, lower model\.lr/);
  await task.release();
});

test('cancelling is answered between chunks of steps', async () => {
  const task = await taskOf(digitsMlp);
  const cancel = {
    aborted: true,
    throwIfAborted() {
      throw new Error('stopped');
    },
  };
  await expect(task.train({ runs: [{ seed: runSeed(0) }], cancel })).rejects.toThrow('stopped');
  await task.release();
});

test('the model learns: digits are told apart', async () => {
  const task = await taskOf({ data: { use: 'digits', train: 900, queries: 100 }, model: 'mlp' });
  const [run] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const { trainLoss, trainAccuracy, queryAccuracy } = await task.sanity(run.parameters);
  expect(trainAccuracy).toBeGreaterThan(0.95);
  expect(queryAccuracy).toBeGreaterThan(0.92);
  expect(trainLoss).toBeLessThan(0.2);
  await task.release();
});

test('each epoch visits every member once, and weights make every batch a mean', () => {
  const members = Int32Array.of(4, 8, 15, 16, 23, 42, 99);
  const next = batchOrder(runSeed(0), members, 3);
  const first = next();
  const second = next();
  expect(first.length).toBe(9);
  for (const epoch of [first, second]) {
    expect([...epoch].filter((row) => row >= 0).sort((a, b) => a - b)).toEqual([...members]);
    expect([...epoch.slice(7)]).toEqual([-1, -1]);
  }
  expect(first).not.toEqual(second);
  const third = Math.fround(1 / 3);
  expect([...batchWeights(7, 3)]).toEqual([third, third, third, third, third, third, 1, 0, 0]);
});

test('learning rates rise to the peak and fall as the schedule says', () => {
  const recipe = specOf({ data: 'digits', model: { use: 'mlp', lr: 0.4, warmup: 0.25 } }).training;
  const rates = (schedule: Recipe['schedule'], warmup = 0.25) => [...learningRates({ ...recipe, schedule, warmup }, 8)];
  expect(rates('constant')).toEqual([0.2, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]);
  expect(rates('linear', 0)).toEqual([1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8].map((share) => 0.4 * share));
  expect(rates('step', 0)).toEqual([0.4, 0.4, 0.4, 0.4, 0.4 * 0.1, 0.4 * 0.1, 0.4 * 0.01, 0.4 * 0.01]);
  expect(rates('cosine', 0)[4]).toBeCloseTo(0.2, 12);
});

test("initial parameters are within PyTorch's bounds and fill them", async () => {
  const spec = specOf(digitsMlp);
  const task = await taskOf(digitsMlp);
  const layers = task.info.layers;
  expect(layers.map(({ name, offset, size }) => [name, offset, size])).toEqual([
    ['fc1', 0, 65 * 32],
    ['fc2', 65 * 32, 33 * 10],
  ]);
  expect(spec.training.epochs).toBe(3);
  const parameter = (name: string, offset: number, size: number, bound: number) => ({
    name,
    shape: [size],
    offset,
    size,
    bound,
  });
  const parameters = [parameter('a', 0, 4000, 1 / 8), parameter('b', 4000, 1000, 0.5)];
  const values = initialValues(parameters, runSeed(0));
  const largest = (from: number, to: number) => values.slice(from, to).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  expect(largest(0, 4000)).toBeLessThanOrEqual(1 / 8);
  expect(largest(0, 4000)).toBeGreaterThan(0.12);
  expect(largest(4000, 5000)).toBeGreaterThan(0.49);
  await task.release();
});

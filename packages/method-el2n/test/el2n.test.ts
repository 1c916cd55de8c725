import { rocAuc } from '@attribution-bench/numerics';
import {
  describeMethod,
  expectReference,
  fixtureTask,
  runMethod,
  taskSpec,
  trainedSetting,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import el2n from '../src/el2n.js';

describeMethod(el2n, { params: { part: 2, runs: 2 } });

test('is the length of p - y, averaged over runs, also where p rounds to 1', async () => {
  const points = [
    [0.5, -1, 2],
    [30, 0, 1],
    [-1, 2, 2],
  ];
  const labels = [2, 0, 0];
  const logits = (scale: number) => Float32Array.of(scale, 0, 0, 0, scale, 0, 0, 0, scale, 0, 0, 0);
  const setting = await fixtureTask({
    inputs: { shape: [3, 3], data: Float32Array.from(points.flat()) },
    labels: { shape: [3], data: Int32Array.from(labels) },
    queryInputs: { shape: [1, 3], data: Float32Array.from(points[0]) },
    queryLabels: { shape: [1], data: Int32Array.of(0) },
    classes: 3,
    model: { use: 'logistic' },
    checkpoints: [logits(1), logits(0.5)],
  });
  const length = (x: readonly number[], label: number) => {
    const exps = x.map(Math.exp);
    const total = exps.reduce((a, b) => a + b);
    const others = exps.map((e, c) => (c === label ? 0 : e / total));
    return Math.hypot(
      others.reduce((a, b) => a + b),
      ...others,
    );
  };
  const { selfInfluence = [] } = await runMethod(el2n, setting, { params: { part: 2, runs: 2 } });
  for (const [i, x] of points.entries()) {
    const halved = x.map((value) => value / 2);
    const expected = (length(x, labels[i]) + length(halved, labels[i])) / 2;
    expect(Math.abs(selfInfluence[i] / expected - 1)).toBeLessThan(1e-5);
  }
  await setting.task.release();
});

test('looks at the first part of every run, and finds flipped labels there', async () => {
  const data = { use: 'digits', train: 200, queries: 5, flipLabels: 0.1 };
  const model = { use: 'logistic', epochs: 10, batch: 20 };
  const setting = await trainedSetting(taskSpec({ id: 'noisy', data, model }, 3));
  const params = { part: 5, runs: 2 };
  const { selfInfluence = new Float32Array() } = await runMethod(el2n, setting, { params });
  expect(rocAuc(selfInfluence, setting.data.flipped)).toBeGreaterThan(0.85);
  const { trajectory } = await setting.models(el2n.uses(params));
  expect(trajectory.map(({ run, epoch }) => [run, epoch])).toEqual(
    [0, 1].flatMap((run) => [2, 4, 6, 8, 10].map((epoch) => [run, epoch])),
  );
  // Copies of the second epoch stand in for runs of which that is all there is.
  const early = await runMethod(el2n, await onlyModels(setting, [trajectory[0], trajectory[5]]), { params });
  expectReference(selfInfluence, early.selfInfluence ?? [], 1e-6);
});

async function onlyModels(
  setting: Awaited<ReturnType<typeof trainedSetting>>,
  trajectory: Awaited<ReturnType<typeof setting.models>>['trajectory'],
) {
  return { ...setting, models: async () => ({ checkpoints: [], trajectory }) };
}

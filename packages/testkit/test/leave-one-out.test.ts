import { expect, test } from 'vitest';
import {
  exactLeaveOneOut,
  linearDatamodelingScore,
  neverCancelled,
  retrainOnHalves,
  taskSpec,
  trainedSetting,
} from '../src/index.js';

const l2 = 0.05;
const spec = taskSpec(
  {
    id: 'small',
    data: { use: 'synthetic', train: 24, queries: 5, classes: 3, dims: 4 },
    model: { use: 'logistic', epochs: 300, batch: 24, lr: 0.3, weightDecay: l2 },
  },
  3,
);

test('training ends at the optimum that leave-one-out starts from', async () => {
  const setting = await trainedSetting(spec);
  const { checkpoints } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const { parameters } = await exactLeaveOneOut(setting.data, l2);
  for (const [i, value] of parameters.entries()) expect(checkpoints[0].parameters[i]).toBeCloseTo(value, 3);
});

test('effects are those of retraining without the point', async () => {
  const setting = await trainedSetting(spec);
  // The mean over 23 points with l2 has the minimiser of their sum over 24 with 23/24 of it.
  const { parameters, effects } = await exactLeaveOneOut(setting.data, (l2 * 23) / 24);
  const [full] = await setting.task.queryTargets([Float32Array.from(parameters)]);
  const { checkpoints } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const [{ parameters: retrained }] = await setting.task.train({
    runs: [{ seed: checkpoints[0].seed, members: Int32Array.from({ length: 23 }, (_, i) => (i < 10 ? i : i + 1)) }],
    cancel: neverCancelled,
  });
  const [without] = await setting.task.queryTargets([retrained]);
  for (const [query, target] of full.entries())
    expect(target - without[query]).toBeCloseTo(effects[query * 24 + 10], 3);
});

test('the exact effects predict retraining on halves far better than their negatives', async () => {
  const setting = await trainedSetting(spec);
  const { effects } = await exactLeaveOneOut(setting.data, l2);
  const truth = await retrainOnHalves(setting, 32);
  const score = linearDatamodelingScore(effects, truth, 24);
  expect(score).toBeGreaterThan(0.6);
  expect(
    linearDatamodelingScore(
      effects.map((effect) => -effect),
      truth,
      24,
    ),
  ).toBeCloseTo(-score, 10);
});

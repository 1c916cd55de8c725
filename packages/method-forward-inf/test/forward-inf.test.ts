import { confidentPoints, describeMethod, diffusionGradients, dot, runMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import forwardInf from '../src/forward-inf.js';

describeMethod(forwardInf, { params: { timesteps: 3 } });

test.each([
  ['a classifier', confidentPoints, 5e-5],
  ['a diffusion model', diffusionGradients, 1e-3],
])('small steps give the inner products of gradients, over the length of the query’s: %s', async (_, make, step) => {
  const { setting, points, queries } = await make();
  const { checkpoints } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const length = Math.hypot(...checkpoints[0].parameters.subarray(0, setting.task.info.parameters));
  const { scores } = await runMethod(forwardInf, setting, { params: { step, timesteps: 3 } });
  const expected = queries.flatMap((query) =>
    points.map((point) => (-step * length * dot(query, point)) / Math.hypot(...query)),
  );
  const largest = Math.max(...expected.map(Math.abs));
  let signs = 0;
  for (const [i, score] of scores.entries()) {
    expect(Math.abs(score - expected[i])).toBeLessThan(0.03 * largest);
    if (Math.abs(expected[i]) > 0.1 * largest) signs += Math.sign(score) === Math.sign(expected[i]) ? 1 : -1000;
  }
  expect(signs).toBeGreaterThan(5);
  await setting.task.release();
});

test('a longer step is not a multiple of a short one: losses are evaluated where the model is nudged to', async () => {
  const { setting } = await confidentPoints();
  const [short, long] = await Promise.all(
    [1e-3, 0.1].map(async (step) => (await runMethod(forwardInf, setting, { params: { step } })).scores),
  );
  const worst = short.reduce((most, value, i) => Math.max(most, Math.abs(100 * value - long[i])), 0);
  expect(worst).toBeGreaterThan(0.05 * long.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  await setting.task.release();
});

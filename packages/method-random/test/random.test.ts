import { describeMethod, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import random from '../src/random.js';

const reason = 'it knows nothing of the points';
describeMethod(random, { exempt: { permutation: reason, duplicates: reason } });

test('scores are standard normal and differ between seeds', async () => {
  const spec = taskSpec({ id: 'normal', data: { use: 'synthetic', train: 300, queries: 30 }, model: 'logistic' }, 0);
  const setting = await trainedSetting(spec);
  const { scores } = await runMethod(random, setting);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  expect(Math.abs(mean)).toBeLessThan(0.05);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  expect((await runMethod(random, setting, { seed: 1 })).scores).not.toEqual(scores);
});

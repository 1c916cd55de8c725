import { confidentPoints, describeMethod, runMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import grand from '../src/grand.js';

describeMethod(grand, { params: { part: 2, runs: 2, timesteps: 3 } });

test('is the length of the gradient of the loss, also where p rounds to 1', async () => {
  const { setting, points } = await confidentPoints();
  const { scores, selfInfluence = [] } = await runMethod(grand, setting, { params: { part: 1, runs: 1 } });
  for (const [i, point] of points.entries()) {
    expect(Math.abs(selfInfluence[i] / Math.hypot(...point) - 1)).toBeLessThan(1e-4);
    expect(scores[i]).toBe(-selfInfluence[i]);
  }
  await setting.task.release();
});

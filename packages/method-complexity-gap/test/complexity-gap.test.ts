import { rocAuc } from '@attribution-bench/numerics';
import { describeMethod, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import complexityGap from '../src/complexity-gap.js';

describeMethod(complexityGap);
describeMethod(complexityGap, { params: { ratio: 0.5, repeats: 3 } });

test('counts a flipped label as suspicious, and as harm to the queries', async () => {
  const labels = { use: 'synthetic', train: 150, queries: 10, classes: 3, dims: 8, flipLabels: 0.1 };
  const spec = taskSpec({ id: 'noisy', data: labels, model: { use: 'logistic' }, target: 'margin' }, 3);
  const setting = await trainedSetting(spec);
  const { scores, selfScores } = await runMethod(complexityGap, setting);
  expect(Array.from(scores)).toEqual(Array.from(selfScores ?? [], (gap) => -gap));
  expect(rocAuc(selfScores ?? [], setting.data.flipped)).toBeGreaterThan(0.9);
});

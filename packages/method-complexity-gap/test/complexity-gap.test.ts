import { rocAuc } from '@attribution-bench/numerics';
import { describeMethod, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import complexityGap from '../src/complexity-gap.js';

describeMethod(complexityGap);
describeMethod(complexityGap, { params: { ratio: 0.5, repeats: 3 } });

test('counts a flipped label as suspicious, and as harm to the queries', async () => {
  const data = { use: 'digits', train: 500, queries: 10, flipLabels: 0.1 };
  const spec = taskSpec({ id: 'noisy', data, model: { use: 'logistic', epochs: 1 } }, 3);
  const setting = await trainedSetting(spec);
  const { scores, selfInfluence } = await runMethod(complexityGap, setting);
  expect(Array.from(scores)).toEqual(Array.from(selfInfluence ?? [], (gap) => -gap));
  expect(rocAuc(selfInfluence ?? [], setting.data.flipped)).toBeGreaterThan(0.9);
});

import { describeMethod, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import labelMatch from '../src/label-match.js';

describeMethod(labelMatch);

test('is 1 for points of the class of the query, as labels are trained on, and 0 for others', async () => {
  const data = { use: 'digits', train: 40, queries: 5, flipLabels: 0.2 };
  const setting = await trainedSetting(taskSpec({ id: 'noisy', data, model: { use: 'logistic', epochs: 1 } }, 1));
  const { labels, queryLabels } = setting.data;
  const { scores } = await runMethod(labelMatch, setting);
  for (const [i, score] of scores.entries())
    expect(score).toBe(Number(labels[i % labels.length] === queryLabels[Math.floor(i / labels.length)]));
  expect(new Set(scores).size).toBe(2);
});

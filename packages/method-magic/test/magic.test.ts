import { describeMethod, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import method from '../src/magic.js';

describeMethod(method, { params: { probes: 0 } });

const perceptron = (activation: string) =>
  trainedSetting(
    taskSpec(
      {
        id: 'perceptron',
        data: { use: 'digits', train: 100, queries: 10 },
        model: { use: 'mlp', hidden: [16], activation, epochs: 20, batch: 20, lr: 0.1 },
        target: 'margin',
      },
      0,
    ),
  );

test('says how smooth training is, and gives no scores where it is too rough', async () => {
  const smooth = await perceptron('tanh');
  const messages: string[] = [];
  const log = (message: string) => messages.push(message);
  await runMethod(method, smooth, { params: { smoothness: 0.99 }, log });
  expect(messages).toEqual([expect.stringMatching(/^smoothness 1\.000, the rank correlation of derivatives with/)]);
  await smooth.task.release();
  const rough = await perceptron('relu');
  await expect(runMethod(method, rough, { params: { probeSize: 0.001 } })).rejects.toThrow('too rough');
  const { scores } = await runMethod(method, rough, { params: { probeSize: 0.001, smoothness: -1 } });
  expect(scores.every(Number.isFinite)).toBe(true);
  await rough.task.release();
});

test('means over the points kept make the scores of a batch a zero sum', async () => {
  const setting = await perceptron('tanh');
  const { scores } = await runMethod(method, setting, { params: { probes: 0, mean: 'kept' } });
  const row = scores.subarray(0, 100);
  const largest = row.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  expect(Math.abs(row.reduce((sum, score) => sum + score, 0))).toBeLessThan(1e-4 * largest);
  await setting.task.release();
});

import { describeMethod, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import forgetting, { forgettingCounts, newHistory, recordBatch } from '../src/forgetting.js';

describeMethod(forgetting);

/** Logit of the label less the largest other one. */
function aheadOfOthers(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.sub(tf.sum(tf.mul(logits, labels), -1), tf.max(tf.sub(logits, tf.mul(labels, 1e30)), -1));
}

test('counts falls from right to wrong between two times in a batch, and all epochs for a point never learnt', () => {
  const history = newHistory(4);
  const epochs = [
    [1, 0, 0, 1],
    [0, 0, 1, 1],
    [1, 0, 1, 1],
    [0, 0, 0, 1],
    [0, 0, 1, 1],
  ];
  for (const correct of epochs) {
    recordBatch(history, Int32Array.of(2, 0, -1), Float32Array.of(correct[2], correct[0], 1));
    recordBatch(history, Int32Array.of(3, 1), Float32Array.of(correct[3], correct[1]));
  }
  expect([...forgettingCounts(history, epochs.length)]).toEqual([2, 5, 1, 0]);
});

test('sees which points the model gets right before each step, as its outputs at full batches say', async () => {
  const [train, epochs] = [60, 12];
  const data = { use: 'digits', train, queries: 4, flipLabels: 0.2 };
  const model = { use: 'mlp', hidden: [8], epochs, batch: train, lr: 0.4 };
  const setting = await trainedSetting(taskSpec({ id: 'full', data, model, target: 'margin' }, 5));
  const { trajectory } = await setting.models({ checkpoints: 1, trajectory: epochs });
  const everyone = Int32Array.from({ length: train }, (_, i) => i);
  const { selfInfluence = new Float32Array() } = await runMethod(forgetting, setting);
  const correct: number[][] = [];
  for (const snapshot of trajectory.slice(0, -1)) {
    const ctx = setting.task.context({
      checkpoints: [snapshot],
      trajectory: [],
      scope: [1, 2, 3, 4],
      cancel: { aborted: false, throwIfAborted() {} },
      progress() {},
      log() {},
    });
    const request = { of: 'train', checkpoint: ctx.checkpoints[0], output: aheadOfOthers } as const;
    correct.push(Array.from(await ctx.outputs(request), (ahead) => Number(ahead >= 0)));
  }
  // The model before the first step is not kept: a point was right there or it was not.
  const [wrongAtFirst, rightAtFirst] = [0, 1].map((atFirst) => {
    const history = newHistory(train);
    for (const each of [Array<number>(train).fill(atFirst), ...correct])
      recordBatch(history, everyone, Float32Array.from(each));
    return forgettingCounts(history, epochs);
  });
  expect(wrongAtFirst.some((count) => count > 0 && count < epochs)).toBe(true);
  for (const [i, count] of selfInfluence.entries()) expect([wrongAtFirst[i], rightAtFirst[i]]).toContain(count);
});

import { deriveSeed } from '@attribution-bench/contract';
import influence from '@attribution-bench/method-influence';
import { defineModel } from '@attribution-bench/tasks';
import { neverCancelled, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { moduleOf } from '../packages/tasks/test/support/own-models.js';

const { selfInfluence: _, ...scoresOnly } = influence;

/** One dense layer whose outputs are squashed. */
const squashed = defineModel({
  id: 'squashed',
  title: 'One squashed layer',
  kind: 'classifier',
  stackable: true,
  params: {},
  network:
    (_params, { outputs }) =>
    (nn, x) =>
      tf.tanh(nn.dense('fc', x, outputs)),
});

const settingOf = (model: Record<string, unknown>) =>
  trainedSetting(
    taskSpec({ id: 'one-layer', data: { use: 'synthetic', train: 60, queries: 4, classes: 4, dims: 6 }, model }, 3),
  );

/** The lower triangle of C from its products with the unit vectors, and that which the method keeps. */
async function bothCurvatures(model: Record<string, unknown>) {
  const setting = await settingOf(model);
  const { checkpoints, trajectory } = await setting.models({ checkpoints: 1, trajectory: 1 });
  const ctx = setting.task.context({
    checkpoints,
    trajectory,
    scope: deriveSeed(0, 'test', 'method'),
    cancel: neverCancelled,
    progress() {},
    log() {},
  });
  const p = setting.task.info.parameters;
  const vectors = new Float32Array(p * p);
  for (let i = 0; i < p; i++) vectors[i * (p + 1)] = 1;
  const matrix = await ctx.curvatureProducts({ checkpoint: checkpoints[0], kind: 'hessian', vectors });
  const oracle: number[] = [];
  for (let row = 0; row < p; row++) for (let col = 0; col <= row; col++) oracle.push(matrix[row * p + col]);
  const { state } = await runMethod(scoresOnly, setting);
  return { oracle, found: [...state['curvature@0']] };
}

const largestDifference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

test.each([
  ['logistic regression, whose curvature has a closed form', { use: 'logistic', epochs: 5 }],
  ['one layer that is squashed before the softmax, so that it has none', { use: moduleOf(squashed), epochs: 5 }],
])('%s: C is what products with the unit vectors give', async (_name, model) => {
  const { oracle, found } = await bothCurvatures(model);
  expect(found.length).toBe(oracle.length);
  expect(largestDifference(found, oracle)).toBeLessThan(1e-6 * Math.max(...oracle));
});

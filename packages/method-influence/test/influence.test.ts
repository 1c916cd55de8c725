import {
  describeMethod,
  expectReference,
  expectReferenceScores,
  fixtureTask,
  paramsOf,
  readNpy,
  runMethod,
  torchLayers,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import influence from '../src/influence.js';

describeMethod(influence);

const read = (name: string) => readNpy(new URL(`fixtures/influence-mlp/${name}.npy`, import.meta.url));
const setting = await fixtureTask({
  inputs: read('x_train'),
  labels: read('y_train'),
  queryInputs: read('x_test'),
  queryLabels: read('y_test'),
  classes: 10,
  model: { use: 'mlp', hidden: [32] },
  target: 'neg-loss',
  checkpoints: [0, 1, 2].map((run) =>
    torchLayers(
      ['fc1', 'fc2'].map((layer) => ({
        weight: read(`ckpt${run}_${layer}_weight`),
        bias: read(`ckpt${run}_${layer}_bias`),
      })),
    ),
  ),
});
/** The Hessians do not depend on the damping, and that of one checkpoint is the first of three. */
const fitted = runMethod(influence, setting, { params: { damping: 0.5, checkpoints: 3 } });

test('scores of three checkpoints are those of dattri', async () => {
  expectReferenceScores((await fitted).scores, read('scores_if_explicit_reg0.5_3ckpt'), 1e-3);
});

test('scores and self-influence of one checkpoint are those of dattri', async () => {
  const { state } = await fitted;
  const { scores, selfScores } = await runMethod(influence, setting, { params: { damping: 0.5 }, state });
  expectReferenceScores(scores, read('scores_if_explicit_reg0.5'), 1e-3);
  expectReference(selfScores ?? [], read('self_if_explicit_reg0.5').data, 1e-3);
});

test('scores with little damping are those of dattri', async () => {
  const { state } = await fitted;
  const { scores } = await runMethod(influence, setting, { params: { damping: 0.15 }, state });
  expectReferenceScores(scores, read('scores_if_explicit_reg0.15'), 1e-3);
});

test('damping below the most negative eigenvalue is raised, and that is logged', async () => {
  const { state } = await fitted;
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const { scores } = await runMethod(influence, setting, { params: { damping: 0.04 }, state, log });
  expect(scores.every(Number.isFinite)).toBe(true);
  expect(lines).toContain('damping raised from 0.04 to 0.16: the Hessian is not positive definite');
});

test('a model too large for an exact Hessian is refused with the reason', () => {
  expect(influence.supports({ ...setting.task.info, parameters: 10_001 }, paramsOf(influence))).toBe(
    'its exact Hessian takes at most 10000 parameters, the model has 10001',
  );
});

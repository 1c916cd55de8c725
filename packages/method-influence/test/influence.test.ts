import {
  describeMethod,
  expectReference,
  expectReferenceScores,
  fixtureTask,
  paramsOf,
  runMethod,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import { read, referenceMlp } from '../../../test/fixtures/influence-mlp/reference-mlp.js';
import influence from '../src/influence.js';

describeMethod(influence);

const setting = await referenceMlp();
const { selfInfluence: _, ...scoresOnly } = influence;
/** The Hessians do not depend on the damping, and that of one checkpoint is the first of three. */
const fitted = runMethod(scoresOnly, setting, { params: { damping: 0.5, checkpoints: 3 } });

test('scores of three checkpoints are those of dattri', async () => {
  expectReferenceScores((await fitted).scores, read('scores_if_explicit_reg0.5_3ckpt'), 1e-5);
});

test('scores and self-influence of one checkpoint are those of dattri', async () => {
  const { state } = await fitted;
  const { scores, selfInfluence } = await runMethod(influence, setting, { params: { damping: 0.5 }, state });
  expectReferenceScores(scores, read('scores_if_explicit_reg0.5'), 1e-5);
  expectReference(selfInfluence ?? [], read('self_if_explicit_reg0.5').data, 1e-5);
});

test('scores with little damping are those of dattri', async () => {
  const { state } = await fitted;
  const { scores } = await runMethod(scoresOnly, setting, { params: { damping: 0.15 }, state });
  expectReferenceScores(scores, read('scores_if_explicit_reg0.15'), 1e-5);
});

test.each([
  ['theta', 'theta'],
  ['loss', 'l'],
])('RelatIF by %s has the scores of dattri', async (relatif, name) => {
  const { state } = await fitted;
  const { scores } = await runMethod(scoresOnly, setting, { params: { damping: 0.5, relatif }, state });
  expectReferenceScores(scores, read(`scores_if_explicit_reg0.5_relatif_${name}`), 1e-5);
});

test('damping below the most negative eigenvalue is raised, and that is logged', async () => {
  const waves = (length: number, pitch: number) =>
    Float32Array.from({ length }, (_, i) => 2 * Math.sin(pitch * (i + 1)));
  const untrained = await fixtureTask({
    inputs: { shape: [12, 4], data: waves(48, 1.7) },
    labels: { shape: [12], data: Int32Array.from({ length: 12 }, (_, i) => i % 3) },
    queryInputs: { shape: [2, 4], data: waves(8, 0.9) },
    queryLabels: { shape: [2], data: Int32Array.of(0, 1) },
    classes: 3,
    model: { use: 'mlp', hidden: [3], activation: 'tanh' },
    checkpoints: [waves(27, 2.3)],
  });
  const lines: string[] = [];
  const { scores } = await runMethod(influence, untrained, {
    params: { damping: 1e-3 },
    log: (line) => lines.push(line),
  });
  expect(scores.every(Number.isFinite)).toBe(true);
  expect(lines[0]).toMatch(/^damping raised from 0.001 to \d+\.\d+: the Hessian is not positive definite$/);
});

test('a model too large for an explicit curvature is refused with the reason', () => {
  expect(influence.supports({ ...setting.task.info, parameters: 10_001 }, paramsOf(influence))).toBe(
    'its explicit curvature takes at most 10000 parameters, the model has 10001; solver cg takes any',
  );
});

import {
  confidentPoints,
  describeMethod,
  expectReferenceScores,
  fixtureTask,
  readNpy,
  runMethod,
  torchLayers,
  torchRows,
  withProjections,
} from '@attribution-bench/testkit';
import { describe, expect, test } from 'vitest';
import trak from '../src/trak.js';

describeMethod(trak, { params: { projDim: 16, checkpoints: 2 } });

const read = (name: string) => readNpy(new URL(`../../../test/fixtures/${name}.npy`, import.meta.url));
const setting = await fixtureTask({
  inputs: read('trak-mlp/x_train'),
  labels: read('trak-mlp/y_train'),
  queryInputs: read('trak-mlp/x_test'),
  queryLabels: read('trak-mlp/y_test'),
  classes: 10,
  model: { use: 'mlp', hidden: [32] },
  checkpoints: [0, 1, 2].map((run) =>
    torchLayers(
      ['fc1', 'fc2'].map((layer) => ({
        weight: read(`influence-mlp/ckpt${run}_${layer}_weight`),
        bias: read(`influence-mlp/ckpt${run}_${layer}_bias`),
      })),
    ),
  ),
});

const { selfInfluence: _, ...scoresOnly } = trak;

describe.each([1, 3])('with %i checkpoints and no projection', (checkpoints) => {
  const params = { projection: 'none', ridgeUnit: 'absolute', checkpoints };
  /** The training side does not depend on the ridge and the rescaling. */
  const fitted = runMethod(scoresOnly, setting, { params });

  test.each([
    [0.001, 1e-4],
    [0.1, 1e-5],
    [1, 1e-5],
  ])('and λ = %d, scores are those of MadryLab/trak', async (ridge, tolerance) => {
    const { state } = await fitted;
    const { scores } = await runMethod(scoresOnly, setting, {
      params: { ...params, ridge, rescale: 'mean-abs-inverse' },
      state,
    });
    expectReferenceScores(scores, read(`trak-mlp/scores_noop_${checkpoints}ckpt_lam${ridge}`), tolerance);
  });

  test.each([0.001, 0.1])('and λ = %d, scores are those of dattri', async (ridge) => {
    const { state } = await fitted;
    const { scores } = await runMethod(scoresOnly, setting, { params: { ...params, ridge }, state });
    expectReferenceScores(scores, read(`trak-dattri/scores_identity_${checkpoints}ckpt_lam${ridge}_f64`), 1e-5);
  });

  test.each([0, 0.01])('and with the projections that MadryLab/trak drew, λ = %d', async (ridge) => {
    const layers = [
      { inputs: 64, outputs: 32 },
      { inputs: 32, outputs: 10 },
    ];
    const projections = [0, 1, 2].map((run) => torchRows(read(`trak-mlp/projection_ckpt${run}`), layers));
    const { scores } = await runMethod(trak, withProjections(setting, projections), {
      params: { ridgeUnit: 'absolute', checkpoints, ridge, rescale: 'mean-abs-inverse', projDim: 24 },
    });
    expectReferenceScores(scores, read(`trak-mlp/scores_proj24_${checkpoints}ckpt_lam${ridge}`), 1e-5);
  });
});

test('the training side holds 1 - p of each point, averaged over checkpoints', async () => {
  const params = { projection: 'sjlt', projDim: 8, checkpoints: 3 };
  const { state } = await runMethod(trak, setting, { params });
  const expected = [0, 1, 2].map((run) => read(`trak-mlp/out_to_loss_ckpt${run}`).data);
  for (const [i, value] of state.outToLoss.entries())
    expect(Math.abs(value - (expected[0][i] + expected[1][i] + expected[2][i]) / 3)).toBeLessThan(2e-6);
});

test('1 - p has its digits where p rounds to 1', async () => {
  const { setting: sure, doubts } = await confidentPoints();
  expect(Math.min(...doubts)).toBeLessThan(1e-12);
  const { state } = await runMethod(trak, sure, { params: { projection: 'none', checkpoints: 1 } });
  for (const [i, doubt] of doubts.entries())
    expect(Math.abs(state.outToLoss[i] / doubt - 1), `point ${i}: ${state.outToLoss[i]} for ${doubt}`).toBeLessThan(
      1e-5,
    );
});

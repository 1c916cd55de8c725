import {
  confidentPoints,
  dattriProjection,
  describeMethod,
  diffusionGradients,
  dot,
  expectReference,
  expectReferenceScores,
  runMethod,
  torchRows,
  withProjections,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import { layers, read, referenceMlp } from '../../../test/fixtures/influence-mlp/reference-mlp.js';
import tracin from '../src/tracin.js';

describeMethod(tracin, { params: { checkpoints: 3 } });

const setting = await referenceMlp([0, 1, 2], [0.1, 0.05, 0.02]);
/** As dattri computed the reference: it projects to 512 columns unless told otherwise. */
const projected = withProjections(
  setting,
  [0, 1, 2].map((run) => torchRows(dattriProjection(setting.task.info.parameters, run), layers)),
);

test('scores and self-influence are those of dattri', async () => {
  const { scores, selfInfluence } = await runMethod(tracin, projected, { params: { checkpoints: 3 } });
  expectReferenceScores(scores, read('scores_tracin_3ckpt'), 1e-5);
  expectReference(selfInfluence ?? [], read('self_tracin_3ckpt').data, 1e-5);
});

test('normalised scores are those of dattri', async () => {
  const { scores } = await runMethod(tracin, projected, { params: { checkpoints: 3, normalised: true } });
  expectReferenceScores(scores, read('scores_cosin_3ckpt'), 1e-5);
});

test('on a diffusion model gradients are averaged over the noise levels asked for before their inner product', async () => {
  const { setting: diffusion, points, queries, learningRate } = await diffusionGradients();
  const expected = queries.flatMap((query) => points.map((point) => -learningRate * dot(query, point)));
  const { scores } = await runMethod(tracin, diffusion, { params: { checkpoints: 1, timesteps: 3 } });
  expectReference(scores, expected, 1e-5);
  await diffusion.task.release();
});

test('at points of which the model is sure, scores and self-influence have the digits of float64', async () => {
  const { setting: sure, points, queries, learningRate } = await confidentPoints();
  const cosines = queries.flatMap((query) =>
    points.map((point) => (-learningRate * dot(query, point)) / Math.sqrt(dot(query, query) * dot(point, point))),
  );
  const normalised = await runMethod(tracin, sure, { params: { checkpoints: 1, normalised: true } });
  expectReference(normalised.scores, cosines, 1e-5);
  const { scores, selfInfluence = [] } = await runMethod(tracin, sure, { params: { checkpoints: 1 } });
  for (const [q, query] of queries.entries())
    for (const [i, point] of points.entries()) {
      const most = learningRate * Math.sqrt(dot(query, query) * dot(point, point));
      expect(Math.abs(scores[q * points.length + i] + learningRate * dot(query, point)) / most).toBeLessThan(1e-5);
    }
  for (const [i, point] of points.entries())
    expect(Math.abs(Math.sqrt(selfInfluence[i] / learningRate / dot(point, point)) - 1), `point ${i}`).toBeLessThan(
      1e-5,
    );
});

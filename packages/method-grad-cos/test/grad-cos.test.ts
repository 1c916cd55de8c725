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
import gradCos from '../src/grad-cos.js';

describeMethod(gradCos);

const setting = await referenceMlp([0]);
/** As dattri computed the reference: it projects to 512 columns unless told otherwise. */
const projected = withProjections(
  setting,
  [0].map((run) => torchRows(dattriProjection(setting.task.info.parameters, run), layers)),
);

test('scores are those of dattri', async () => {
  const { scores } = await runMethod(gradCos, projected);
  expectReferenceScores(scores, read('scores_gradcos'), 1e-5);
});

test('scores are cosines', async () => {
  const { scores } = await runMethod(gradCos, setting);
  for (const score of scores) expect(Math.abs(score)).toBeLessThanOrEqual(1 + 1e-6);
});

test('on a diffusion model gradients are averaged over the noise levels asked for before their cosine', async () => {
  const { setting: diffusion, points, queries } = await diffusionGradients();
  const expected = queries.flatMap((query) =>
    points.map((point) => -dot(query, point) / Math.sqrt(dot(query, query) * dot(point, point))),
  );
  const { scores } = await runMethod(gradCos, diffusion, { params: { timesteps: 3 } });
  expectReference(scores, expected, 1e-5);
  await diffusion.task.release();
});

test('at points of which the model is sure, scores are the cosines of float64', async () => {
  const { setting: sure, points, queries } = await confidentPoints();
  const expected = queries.flatMap((query) =>
    points.map((point) => -dot(query, point) / Math.sqrt(dot(query, query) * dot(point, point))),
  );
  const { scores } = await runMethod(gradCos, sure);
  expectReference(scores, expected, 1e-5);
});

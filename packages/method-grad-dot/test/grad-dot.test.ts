import {
  dattriProjection,
  describeMethod,
  diffusionGradients,
  dot,
  expectReference,
  expectReferenceScores,
  fixtureTask,
  runMethod,
  torchRows,
  withProjections,
} from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import { layers, read, referenceMlp } from '../../../test/fixtures/influence-mlp/reference-mlp.js';
import gradDot from '../src/grad-dot.js';

describeMethod(gradDot);

const setting = await referenceMlp([0]);
/** As dattri computed the reference: it projects to 512 columns unless told otherwise. */
const projected = withProjections(
  setting,
  [0].map((run) => torchRows(dattriProjection(setting.task.info.parameters, run), layers)),
);

test('scores are those of dattri', async () => {
  const { scores } = await runMethod(gradDot, projected);
  expectReferenceScores(scores, read('scores_graddot'), 1e-5);
});

test.each(['rademacher', 'gaussian', 'sjlt'])('a %s projection keeps the scores up to a scale', async (projection) => {
  const exact = (await runMethod(gradDot, setting)).scores;
  const { scores } = await runMethod(gradDot, setting, { params: { projection, projDim: 4096 } });
  expect(cosine(scores, exact)).toBeGreaterThan(0.95);
});

test('self-influence is the squared length of the gradient', async () => {
  const { selfInfluence } = await runMethod(gradDot, setting);
  const onItself = await fixtureTask({
    inputs: read('x_train'),
    labels: read('y_train'),
    queryInputs: read('x_train'),
    queryLabels: read('y_train'),
    classes: 10,
    model: { use: 'mlp', hidden: [32] },
    target: 'neg-loss',
    checkpoints: [(await setting.models({ checkpoints: 1, trajectory: 1 })).checkpoints[0].parameters],
  });
  const { scores } = await runMethod(gradDot, onItself);
  expectReference(
    selfInfluence ?? [],
    Float32Array.from({ length: 200 }, (_, point) => scores[point * 201]),
    1e-6,
  );
});

function cosine(a: Float32Array, b: Float32Array): number {
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    aa += a[i] ** 2;
    bb += b[i] ** 2;
    ab += a[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

test('on a diffusion model gradients are averaged over the noise levels asked for before their inner product', async () => {
  const { setting: diffusion, points, queries } = await diffusionGradients();
  const expected = queries.flatMap((query) => points.map((point) => -dot(query, point)));
  const { scores } = await runMethod(gradDot, diffusion, { params: { timesteps: 3 } });
  expectReference(scores, expected, 1e-5);
  await diffusion.task.release();
});

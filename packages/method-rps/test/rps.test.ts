import {
  describeMethod,
  expectReference,
  expectReferenceScores,
  neverCancelled,
  runMethod,
} from '@attribution-bench/testkit';
import { describe, expect, test } from 'vitest';
import { read, referenceMlp } from '../../../test/fixtures/influence-mlp/reference-mlp.js';
import { fitHead } from '../src/fit-head.js';
import rps from '../src/rps.js';

describeMethod(rps);

const setting = await referenceMlp([0]);
const { train, classes } = setting.task.info;
const published = { explain: 'class', bias: false } as const;

describe('on the recorded network', () => {
  /** The reference divides by n twice, since its loss is a mean already. */
  const timesTrain = (name: string) => {
    const { shape, data } = read(name);
    return { shape, data: Float64Array.from(data, (score) => score * train) };
  };

  test('scores are those of dattri, to the precision of its line search in float32', async () => {
    const { scores } = await runMethod(rps, setting, { params: published });
    expectReferenceScores(scores, timesTrain('scores_rps'), 2e-2);
    const cosine = await runMethod(rps, setting, { params: { ...published, kernel: 'cosine' } });
    expectReferenceScores(cosine.scores, timesTrain('scores_rps_normalised'), 2e-2);
  });

  /** Inputs of the last layer, the last one 1. */
  async function featureRows(of: 'train' | 'queries'): Promise<number[][]> {
    const given = await setting.models({ checkpoints: 1, trajectory: 1 });
    const ctx = setting.task.context({
      ...given,
      scope: [0, 0, 0, 0],
      cancel: neverCancelled,
      progress() {},
      log() {},
    });
    const { shape, data } = await ctx.features({ of, space: 'penultimate', checkpoint: given.checkpoints[0] });
    const [points, width] = shape;
    return Array.from({ length: points }, (_, i) => [...data.subarray(i * width, (i + 1) * width), 1]);
  }

  test('scores of all points sum to the logit of the class in the fitted layer', async () => {
    const { scores } = await runMethod(rps, setting, { params: { explain: 'class', fitTo: 'labels' } });
    const labels = read('y_train').data;
    const { theta } = await fitHead({
      features: Float64Array.from((await featureRows('train')).flat()),
      width: 33,
      targets: Float64Array.from({ length: train * classes }, (_, i) =>
        Number(labels[Math.floor(i / classes)]) === i % classes ? 1 : 0,
      ),
      classes,
      l2: 0.003,
    });
    const asked = read('y_test').data;
    const logits = (await featureRows('queries')).map((query, q) =>
      query.reduce((sum, f, j) => sum + f * theta[j * classes + Number(asked[q])], 0),
    );
    const sums = logits.map((_, q) =>
      scores.subarray(q * train, (q + 1) * train).reduce((sum, score) => sum + score, 0),
    );
    expectReference(sums, logits, 1e-5);
  });

  test('the gradient of the target weighs the classes', async () => {
    const { scores, state, selfInfluence = [] } = await runMethod(rps, setting, { params: { fitTo: 'labels' } });
    const [points, others] = [await featureRows('train'), await featureRows('queries')];
    const [weight, bias] = [read('ckpt0_fc2_weight').data, read('ckpt0_fc2_bias').data];
    const labels = read('y_test').data;
    const expected = others.flatMap((query, q) => {
      const exps = Array.from({ length: classes }, (_, c) =>
        Math.exp(query.reduce((sum, f, j) => sum + f * (j < 32 ? weight[c * 32 + j] : bias[c]), 0)),
      );
      const total = exps.reduce((sum, exp) => sum + exp);
      const slopes = exps.map((exp, c) => (Number(labels[q]) === c ? 1 : 0) - exp / total);
      return points.map((point, i) => {
        const alike = point.reduce((sum, f, j) => sum + f * query[j], 0);
        return alike * slopes.reduce((sum, slope, c) => sum + slope * state.alpha[i * classes + c], 0);
      });
    });
    expectReference(scores, expected, 1e-5);
    const trained = read('y_train').data;
    for (const [i, score] of selfInfluence.entries())
      expect(score).toBe(Math.fround(state.alpha[i * classes + Number(trained[i])]));
  });
});

describe('representer theorem', () => {
  const l2 = 0.003;
  const points = 40;
  const width = 5;
  const features = Float64Array.from({ length: points * width }, (_, i) => Math.sin(i * i) * 3);
  const targets = Float64Array.from({ length: points * 3 }, (_, i) => Number(i % 3 === (Math.floor(i / 3) * 7) % 3));

  test('logits of the fitted layer are sums over training points to the digits of float64', async () => {
    const { theta, alpha } = await fitHead({ features, width, targets, classes: 3, l2 });
    const sums = new Float64Array(width * 3);
    for (let i = 0; i < points; i++)
      for (let j = 0; j < width; j++)
        for (let c = 0; c < 3; c++) sums[j * 3 + c] += features[i * width + j] * alpha[i * 3 + c];
    expectReference(sums, theta, 1e-9);
  });
});

import { describeMethod, fixtureTask, runMethod } from '@attribution-bench/testkit';
import { expect, test } from 'vitest';
import pixelSimilarity from '../src/pixel-similarity.js';

describeMethod(pixelSimilarity);

const setting = fixtureTask({
  inputs: { shape: [3, 2], data: Float32Array.of(3, 4, 0, 0, -4, 3) },
  labels: { shape: [3], data: Int32Array.of(0, 1, 0) },
  queryInputs: { shape: [2, 2], data: Float32Array.of(6, 8, 1, 0) },
  queryLabels: { shape: [2], data: Int32Array.of(0, 1) },
  classes: 2,
  model: { use: 'logistic' },
  checkpoints: [new Float32Array(6)],
});

test.each([
  ['cosine', [1, 0, 0, 0.6, 0, -0.8]],
  ['dot', [50, 0, 0, 3, 0, -4]],
  ['euclidean', [-5, -10, -Math.hypot(10, 5), -Math.hypot(2, 4), -1, -Math.hypot(5, 3)]],
])('%s of each query with each training point', async (measure, expected) => {
  const { scores } = await runMethod(pixelSimilarity, await setting, { params: { measure } });
  for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i], 5);
});

import { Rng } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { openTask, type TaskData, type TaskSpec } from '../src/index.js';
import { imageData } from './support/image-data.js';
import { trainLogistic } from './support/logistic-oracle.js';
import { dataOf, relativeError, runSeed, specOf, uncancelled } from './support/tasks.js';

const digits = { data: { use: 'digits', train: 60, queries: 5 } };
const seed = runSeed(0);

async function train(spec: TaskSpec, data: TaskData, weights?: Float32Array) {
  const task = await openTask(spec, data, onnxEngine);
  const [run] = await task.train({ runs: [{ seed, ...(weights && { weights }) }], cancel: uncancelled });
  await task.release();
  return run;
}

/** Half of the points with weight 0. */
function halfLeftOut(points: number): Float32Array {
  const weights = new Float32Array(points).fill(1);
  for (const point of new Rng(runSeed(1)).subset(points, points >> 1)) weights[point] = 0;
  return weights;
}

const classifiers = {
  'a perceptron with dropout and decay': specOf({
    ...digits,
    model: { use: 'mlp', epochs: 3, batch: 16, dropout: 0.2, weightDecay: 0.01 },
  }),
  'a diffusion model with averaged parameters': specOf({
    kind: 'generator',
    data: { use: 'digits', train: 60 },
    queries: { heldout: 5, generated: 0 },
    model: { use: 'ddpm-mlp', epochs: 2, batch: 16, ema: 0.9 },
  }),
};
const residual = (batch: number) =>
  specOf({
    data: { use: 'fashion-mnist' },
    model: { use: 'resnet9', width: 3, norm: 'batch', epochs: 2, batch, flip: true, crop: 1 },
  });
const images = imageData([12, 12, 1], 10);

test.each(Object.entries(classifiers))('weights of 1 give %s to the byte', async (_name, spec) => {
  const data = await dataOf(spec);
  const whole = await train(spec, data);
  expect(await train(spec, data, new Float32Array(60).fill(1))).toEqual(whole);
  expect((await train(spec, data, halfLeftOut(60))).parameters).not.toEqual(whole.parameters);
});

test('weights of 1 give a batch-normalised network with augmentation to the byte', async () => {
  const whole = await train(residual(4), images);
  expect(await train(residual(4), images, new Float32Array(10).fill(1))).toEqual(whole);
});

// With batches of 2 and of 1 some have no point that counts.
test.each([4, 2, 1])('what is left out leaves no trace in batches of %i, normalised over the batch', async (batch) => {
  const weights = halfLeftOut(10);
  const inputs = images.inputs.map((value, at) => (weights[Math.floor(at / 144)] === 0 ? 3 - value : value));
  const changed: TaskData = { ...images, inputs, labels: images.labels.map((c, at) => (weights[at] === 0 ? 0 : c)) };
  const [plain, other] = [
    await train(residual(batch), images, weights),
    await train(residual(batch), changed, weights),
  ];
  expect(plain).toEqual(other);
  expect(plain.parameters.every(Number.isFinite)).toBe(true);
  expect((await train(residual(batch), changed)).parameters).not.toEqual(plain.parameters);
});

test.each([
  { optimizer: 'sgd', lr: 0.2, momentum: 0.9, weightDecay: 0.01 },
  { optimizer: 'adamw', lr: 0.01, weightDecay: 0.1 },
])('%o with weights divides by whole batches, as a plain float64 loop does', async (recipe) => {
  const spec = specOf({
    data: { use: 'synthetic', train: 50, queries: 5, dims: 6, classes: 3 },
    model: { use: 'logistic', epochs: 4, batch: 16, ...recipe },
  });
  const data = await dataOf(spec);
  const all = Int32Array.from({ length: 50 }, (_, row) => row);
  const weights = Float32Array.from(halfLeftOut(50), (weight, point) => weight * (1 + (point % 3) / 4));
  const run = await train(spec, data, weights);
  const expected = trainLogistic(data, spec.training, seed, all, weights);
  expect(relativeError(run.parameters, expected.parameters)).toBeLessThan(1e-4);
  expect(relativeError(run.losses, expected.losses)).toBeLessThan(1e-5);
});

test.each([
  [{ members: Int32Array.of(1, 2), weights: new Float32Array(50).fill(1) }, 'a run has members and weights'],
  [{ weights: new Float32Array(49).fill(1) }, 'a run has 49 weights for 50 points'],
  [{ weights: new Float32Array(50).fill(-1) }, 'a run has a weight that is negative or not finite'],
  [{ weights: new Float32Array(50) }, 'a run has no points that count'],
])('a run of no sense is refused', async (run, message) => {
  const spec = specOf({ data: { use: 'synthetic', train: 50, queries: 5 }, model: 'logistic' });
  const task = await openTask(spec, await dataOf(spec), onnxEngine);
  await expect(task.train({ runs: [{ seed, ...run }], cancel: uncancelled })).rejects.toThrow(message);
  await task.release();
});

import { type OutputFunction, type PointSet, uniformTimesteps } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, test } from 'vitest';
import { diffusionOf } from '../src/generator/diffusion.js';
import { levelTable } from '../src/generator/levels.js';
import type { NoiseSource } from '../src/generator/noise-source.js';
import { noisedPass } from '../src/generator/noised-pass.js';
import { generatorSubject } from '../src/generator/subject.js';
import { createEvaluator } from '../src/passes/evaluator.js';
import { readFloats, readNpy } from './support/npy.js';
import { allRows, relativeError, specOf } from './support/tasks.js';
import { fromTorchOrder } from './support/torch-order.js';

const dims = 64;
const inputs = { train: readFloats('d-trak/x0_train'), queries: readFloats('d-trak/x0_gen') };
const points = { train: 60, queries: 15 };
const spec = specOf({
  data: 'digits',
  model: { use: 'ddpm-mlp', hidden: [32, 32], timeFeatures: 16 },
  queries: { heldout: 15, generated: 0 },
});
const subject = generatorSubject(spec, {
  inputs: inputs.train,
  labels: new Int32Array(60),
  flipped: new Uint8Array(60),
  queryInputs: inputs.queries,
  queryLabels: new Int32Array(15),
  inputShape: [dims],
  classes: 10,
  ids: [],
  queryIds: [],
});
const evaluator = createEvaluator(onnxEngine, subject);
afterAll(() => evaluator.release());
const ours = (rows: ArrayLike<number>) => fromTorchOrder(rows, subject.architecture.layers, [32, 32, 64]);
const parameters = ours(
  ['fc1_weight', 'fc1_bias', 'fc2_weight', 'fc2_bias', 'fc3_weight', 'fc3_bias'].flatMap((part) => [
    ...readFloats(`d-trak/model_${part}`),
  ]),
);

/** The noise that the reference run drew: [timestep × point × dims]. */
const given = (of: PointSet): NoiseSource => {
  const noise = readFloats(of === 'train' ? 'd-trak/noise' : 'd-trak/noise_gen');
  return (point) => ({
    fill: (t, into) => {
      const first = ((t / 100) * points[of] + point) * dims;
      into.set(noise.subarray(first, first + dims));
    },
  });
};
const passAt = (timesteps: readonly number[]) =>
  noisedPass(
    {
      inputShape: [dims],
      inputs,
      noise: { train: given('train'), queries: given('queries') },
      levels: subject.levels,
      levelWidth: subject.levelWidth,
    },
    timesteps,
    1,
  );
const timesteps = uniformTimesteps(subject.diffusion.steps, 10);
const squaredNorm = (prediction: tf.Tensor) => tf.mean(tf.square(prediction), 1);
const outputs: Record<string, OutputFunction> = {
  loss: (e, noise) => tf.mean(tf.squaredDifference(e, noise), -1),
  mean: (e) => tf.mean(e, -1),
  l1_norm: (e) => tf.sum(tf.abs(e), -1),
  l2_norm: (e) => tf.sqrt(tf.sum(tf.square(e), -1)),
  linf_norm: (e) => tf.max(tf.abs(e), -1),
  mean_squared_l2_norm: squaredNorm,
};

test('the noise levels and time steps are those of the published code', () => {
  const alphas = diffusionOf(spec.model).alphasCumprod;
  expect(relativeError(alphas, readNpy('d-trak/alphas_cumprod').data)).toBeLessThan(1e-6);
  expect(timesteps).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  expect(levelTable(subject.diffusion, 16).length).toBe(1000 * 18);
});

test.each([
  ['loss', 'loss'],
  ['mean_squared_l2_norm', squaredNorm],
] as const)('gradients of %s averaged over time steps agree with the published code', async (name, output) => {
  const { data, cols } = await allRows(
    evaluator.gradients(parameters, { of: 'train', output, pass: passAt(timesteps) }),
  );
  expect(cols).toBe(5760);
  const expected = ours(readFloats(`d-trak/mean_grads_train_rows0_15_${name}`));
  expect(relativeError(data.slice(0, 16 * cols), expected)).toBeLessThan(1e-5);
});

test.each(Object.entries(outputs))(
  'values and inner products of gradients of %s agree with the published code',
  async (name, output) => {
    const pass = passAt(timesteps);
    const values = {
      train: readFloats(`d-trak/f_values_train_${name}`),
      queries: readFloats(`d-trak/f_values_gen_${name}`),
    };
    for (const [k, t] of timesteps.entries()) {
      for (const of of ['train', 'queries'] as const) {
        const [found] = await evaluator.outputs([parameters], { of, output, pass: passAt([t]) });
        const expected = values[of].subarray(k * points[of], (k + 1) * points[of]);
        expect(relativeError(found, expected)).toBeLessThan(1e-5);
      }
    }
    const train = await allRows(evaluator.gradients(parameters, { of: 'train', output, pass }));
    const queries = await allRows(evaluator.gradients(parameters, { of: 'queries', output, pass }));
    const { cols } = train;
    const gram = ({ data }: { data: Float32Array }, count: number) =>
      Float64Array.from({ length: 60 * count }, (_, index) => {
        const [i, q] = [Math.floor(index / count), index % count];
        let sum = 0;
        for (let j = 0; j < cols; j++) sum += train.data[i * cols + j] * data[q * cols + j];
        return sum;
      });
    expect(relativeError(gram(queries, 15), readNpy(`d-trak/gram_train_gen_${name}`).data)).toBeLessThan(1e-5);
    expect(relativeError(gram(train, 60), readNpy(`d-trak/gram_train_${name}`).data)).toBeLessThan(1e-5);
  },
);

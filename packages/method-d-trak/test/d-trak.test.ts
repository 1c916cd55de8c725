import type { OutputFunction } from '@attribution-bench/contract';
import { blocksOf, kernelMatrix, ridgeKernel } from '@attribution-bench/numerics';
import {
  describeMethod,
  expectReference,
  expectReferenceScores,
  fixtureGenerator,
  readNpy,
  runMethod,
  type Setting,
  torchLayers,
  torchRows,
  withProjections,
} from '@attribution-bench/testkit';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import dTrak, { noiseLevels, outputs } from '../src/d-trak.js';

describeMethod(dTrak, { params: { projDim: 256 } });
describeMethod(dTrak, { params: { projDim: 256, output: 'loss', normalise: 'relative' } });

const read = (name: string) => readNpy(new URL(`../../../test/fixtures/d-trak/${name}.npy`, import.meta.url));

describe('the scoring of sail-sg/D-TRAK', () => {
  const cases: [train: string, gen: string, scores: string, lambda: number][] = [
    ...[0.01, 1, 50, 10_000].map((lambda): (typeof cases)[number] => [
      'random_train',
      'random_gen',
      `random_scores_lam${lambda}`,
      lambda,
    ]),
    ...['loss', 'mean_squared_l2_norm'].flatMap((output) =>
      [0.01, 1, 100, 10_000].map((lambda): (typeof cases)[number] => [
        `projected_train_${output}`,
        `projected_gen_${output}`,
        `scores_${output}_lam${lambda}`,
        lambda,
      ]),
    ),
  ];
  test.each(cases)('%s and %s give %s', async (train, gen, expected, lambda) => {
    for (const form of ['columns', 'points'] as const) {
      const scores = await scoresOf(train, gen, lambda, form);
      expectReferenceScores(scores, read(expected), form === 'columns' ? 2e-6 : 1e-5);
    }
  });
});

/** Scores [queries × train] from stored features. */
async function scoresOf(train: string, gen: string, ridge: number, form: 'columns' | 'points'): Promise<Float32Array> {
  const phi = read(train);
  const queries = read(gen);
  const [points, columns] = phi.shape;
  const shape = { points, columns, form };
  const rows = () => blocksOf(Float32Array.from(phi.data), columns, points);
  const kernel = await ridgeKernel(await kernelMatrix(rows(), shape), shape, { ridge, unit: 'absolute', name: 'test' });
  const into = new Float32Array(queries.shape[0] * points);
  const data = Float32Array.from(queries.data);
  await kernel.addScores({
    queries: { start: 0, rows: queries.shape[0], cols: columns, data },
    phi: rows,
    into,
    scale: 1,
  });
  return into;
}

describe('from weights and noise to scores, as sail-sg/D-TRAK', () => {
  const task = (name: string) => readNpy(new URL(`../../../test/fixtures/d-trak/${name}.npy`, import.meta.url));
  const layers = [
    { inputs: 80, outputs: 32 },
    { inputs: 32, outputs: 32 },
    { inputs: 32, outputs: 64 },
  ];
  let setting: Setting;
  beforeAll(async () => {
    const given = await fixtureGenerator({
      inputs: task('x0_train'),
      queryInputs: task('x0_gen'),
      model: { use: 'ddpm-mlp', hidden: [32, 32], timeFeatures: 16 },
      checkpoints: [
        torchLayers(
          ['fc1', 'fc2', 'fc3'].map((fc) => ({ weight: task(`model_${fc}_weight`), bias: task(`model_${fc}_bias`) })),
        ),
      ],
      timesteps: noiseLevels(1000, { timesteps: 10, strategy: 'uniform' }),
      noise: task('noise'),
      queryNoise: task('noise_gen'),
    });
    setting = withProjections(given, [torchRows(read('projection'), layers)]);
  });
  afterAll(() => setting.task.release());

  test.each([
    ['loss', 'loss'],
    ['mean-squared-l2-norm', 'mean_squared_l2_norm'],
  ])('%s', async (output, name) => {
    for (const ridge of [0.01, 1, 100, 10_000]) {
      const params = { output, ridge, ridgeUnit: 'absolute', projDim: 16 };
      const { scores, state } = await runMethod(dTrak, setting, { params });
      expectReference(state.features, read(`projected_train_${name}`).data, 1e-5);
      expectReferenceScores(scores, read(`scores_${name}_lam${ridge}`), 1e-5);
    }
  });
});

test('both kernels give the norms that relative influence divides by', async () => {
  const phi = read('random_train');
  const [points, columns] = phi.shape;
  const rows = () => blocksOf(Float32Array.from(phi.data), columns, 50);
  const squares = await Promise.all(
    (['columns', 'points'] as const).map(async (form) => {
      const shape = { points, columns, form };
      const options = { ridge: 0.5, unit: 'mean-eigenvalue', name: 'test' } as const;
      const kernel = await ridgeKernel(await kernelMatrix(rows(), shape), shape, options);
      return kernel.solvedSquaredNorms(rows());
    }),
  );
  expectReference(squares[1], squares[0], 1e-9);
  expect(Math.min(...squares[0])).toBeGreaterThan(0);
});

test('noise levels are spread from 0, or are the first ones', () => {
  expect(noiseLevels(1000, { timesteps: 10, strategy: 'uniform' })).toEqual([
    0, 100, 200, 300, 400, 500, 600, 700, 800, 900,
  ]);
  expect(noiseLevels(1000, { timesteps: 4, strategy: 'cumulative' })).toEqual([0, 1, 2, 3]);
  expect(noiseLevels(3, { timesteps: 10, strategy: 'uniform' })).toEqual([0, 1, 2]);
});

describe('output functions', () => {
  /** The gradient of each by the prediction e, in float64. */
  const slopes: Record<keyof typeof outputs, (e: number[], noise: number[]) => number[]> = {
    'mean-squared-l2-norm': (e) => e.map((value) => (2 * value) / e.length),
    loss: (e, noise) => e.map((value, i) => (2 * (value - noise[i])) / e.length),
    mean: (e) => e.map(() => 1 / e.length),
    'l1-norm': (e) => e.map(Math.sign),
    'l2-norm': (e) => e.map((value) => (value === 0 ? 0 : value / Math.hypot(...e))),
    'linf-norm': (e) => e.map((value) => (Math.abs(value) === Math.max(...e.map(Math.abs)) ? Math.sign(value) : 0)),
  };
  const noise = [0.5, -1.25, 0.75].map(Math.fround);
  const predictions = [
    noise.map((value) => Math.fround(value * (1 + 1e-6))),
    [1e-25, -2e-25, 3e-25].map(Math.fround),
    [0.3, -2, 1].map(Math.fround),
  ];

  async function slopeOf(name: keyof typeof outputs, e: number[]): Promise<Float32Array> {
    await tf.setBackend('cpu');
    const output: OutputFunction = outputs[name];
    const value = (given: tf.Tensor) => tf.sum(output(given, tf.tensor2d([noise])));
    return tf.tidy(() =>
      tf
        .grad(value)(tf.tensor2d([e]))
        .dataSync(),
    ) as Float32Array;
  }

  test.each(Object.keys(outputs) as (keyof typeof outputs)[])(
    'the gradient of %s has its digits where predictions are tiny, or next to the noise',
    async (name) => {
      for (const e of predictions) expectReference(await slopeOf(name, e), slopes[name](e, noise), 1e-5);
    },
  );

  test('the length of a prediction of zeros has a gradient of 0', async () => {
    expect([...(await slopeOf('l2-norm', [0, 0, 0]))]).toEqual([0, 0, 0]);
  });
});

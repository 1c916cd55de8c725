import { type Projection, Rng } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { openTask, type Task, type TaskData } from '../src/index.js';
import { models } from '../src/models/models.js';
import type { Architecture } from '../src/nn/architecture/layer.js';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { networkOf } from '../src/parts.js';
import { denseMatrix, product } from './support/dense-projection.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, specOf, taskOf } from './support/tasks.js';

const seed = runSeed(3);
const kinds = ['rademacher', 'gaussian', 'fjlt', 'sjlt', 'grass', 'logra', 'factgrass'] as const;

const parametersOf = ({ info }: Task): Float32Array => {
  const rng = new Rng(runSeed(1));
  return Float32Array.from({ length: info.parameters }, () => 0.3 * rng.normal());
};

const images = (train: number): TaskData => {
  const rng = new Rng(runSeed(9));
  const inputShape = [12, 12, 3];
  const pixels = (count: number) => Float32Array.from({ length: count * 432 }, () => rng.uniform());
  const labels = Int32Array.from({ length: train }, (_, i) => i % 3);
  return {
    inputs: pixels(train),
    labels,
    flipped: new Uint8Array(train),
    queryInputs: pixels(2),
    queryLabels: Int32Array.of(0, 1),
    inputShape,
    classes: 3,
    ids: Array.from(labels, (_, i) => `train/${i}`),
    queryIds: ['test/0', 'test/1'],
  };
};
const resnet = { use: 'resnet9', width: 4, groups: 2 };
const convolutions = (train: number, model: Record<string, unknown> = resnet): Promise<Task> =>
  openTask(specOf({ data: { use: 'fashion-mnist' }, model }), images(train), onnxEngine);
const architectureOf = (data: string, model: Record<string, unknown>, inputShape: number[], outputs: number) =>
  declareNetwork(networkOf(specOf({ data: { use: data }, model }).model, { inputShape, outputs }), inputShape);
const convolutionArchitecture = (model: Record<string, unknown>): Architecture =>
  architectureOf('fashion-mnist', model, [12, 12, 3], 3);

test.each(kinds)('%s rows of a perceptron are G · P', async (kind) => {
  const task = await taskOf({ data: { use: 'digits', train: 60, queries: 5 }, model: { use: 'mlp', hidden: [12] } });
  await expectProjected(
    task,
    { kind, dim: 40, seed },
    architectureOf('digits', { use: 'mlp', hidden: [12] }, [64], 10),
  );
});

test.each(kinds)('%s rows of a network of convolutions and normalisations are G · P', async (kind) => {
  await expectProjected(await convolutions(5), { kind, dim: 60, seed }, convolutionArchitecture(resnet));
});

test.each(['grass', 'logra', 'factgrass'] as const)('%s rows of convolutions with biases are G · P', async (kind) => {
  const model = { use: 'resnet9', variant: 'dattri', width: 4, norm: 'none' };
  // So few entries are kept that each is computed by itself.
  const projection = { kind, dim: 60, maskFactor: 1, seed };
  await expectProjected(await convolutions(3, model), projection, convolutionArchitecture(model));
});

test.each(['sjlt', 'grass', 'logra', 'factgrass'] as const)(
  '%s rows of a diffusion model are averages over timesteps times P',
  async (kind) => {
    const task = await taskOf({
      data: { use: 'digits', train: 9 },
      model: { use: 'ddpm-mlp', hidden: [10], timeFeatures: 4 },
      target: { use: 'neg-denoising-loss', timesteps: 5, draws: 1 },
      queries: { heldout: 2, generated: 0 },
    });
    const network = models['ddpm-mlp'].network({ hidden: [10] } as never, { inputShape: [64], outputs: 64 });
    await expectProjected(task, { kind, dim: 50, seed }, declareNetwork(network, [64], 4), [0, 250, 700]);
  },
);

test.each(['logra', 'factgrass', 'grass'] as const)('%s rows do not depend on how many there are', async (kind) => {
  const rowsOf = async (train: number) => {
    const task = await convolutions(train);
    const checkpoint = checkpointOf(parametersOf(task));
    const request = { of: 'train', checkpoint, output: 'loss', projection: { kind, dim: 40, seed } } as const;
    const { data } = await allRows(contextOf(task, [checkpoint]).gradients(request));
    await task.release();
    return data;
  };
  const [few, many] = [await rowsOf(3), await rowsOf(50)];
  expect(relativeError(many.subarray(0, few.length), few)).toBeLessThan(1e-5);
});

async function expectProjected(
  task: Task,
  projection: Projection,
  architecture: Architecture,
  timesteps?: readonly number[],
): Promise<void> {
  const checkpoint = checkpointOf(parametersOf(task));
  const ctx = contextOf(task, [checkpoint]);
  const request = {
    of: 'train',
    checkpoint,
    output: 'loss',
    ...(timesteps === undefined ? {} : { timesteps }),
  } as const;
  const { data: rows, cols } = await allRows(ctx.gradients(request));
  expect(cols).toBe(architecture.size);
  const { data: found } = await allRows(ctx.gradients({ ...request, projection }));
  expect(relativeError(found, product(rows, denseMatrix(projection, architecture), cols))).toBeLessThan(2e-5);
  await task.release();
}

import { Rng } from '@attribution-bench/contract';
import { matmul } from '@attribution-bench/numerics';
import { expect, test } from 'vitest';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { denseMatrix, product } from './support/dense-projection.js';
import { singleSampleGradients, targetDifferences } from './support/gradient-oracles.js';
import { gradientsOf, layerNames, networks, open, specFor, trained } from './support/layer-networks.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, shareOff } from './support/tasks.js';

test.each(layerNames)('per-sample gradients of %s are those of one sample at a time, and differences', async (name) => {
  const task = await open(name);
  const parameters = await trained(task);
  const rows = await gradientsOf(task, parameters);
  const alone = await singleSampleGradients(specFor(name), networks[name].data, parameters);
  expect(relativeError(rows, alone)).toBeLessThan(2e-5);
  const { found, expected } = await targetDifferences(task, parameters, rows, 5e-3, 40);
  expect(shareOff(found, expected, 5e-3)).toBe(0);
  await task.release();
});

test.each(['rademacher', 'sjlt', 'grass', 'logra', 'factgrass'] as const)(
  'streamed %s projections of every kind of layer are G · P',
  async (kind) => {
    const task = await open('everything');
    const parameters = await trained(task);
    const checkpoint = checkpointOf(parameters);
    const projection = { kind, dim: 40, seed: runSeed(3) };
    const request = { of: 'train', checkpoint, output: 'target', projection } as const;
    const projected = await allRows(contextOf(task, [checkpoint]).gradients(request));
    const { forward, data } = networks.everything;
    const matrix = denseMatrix(projection, declareNetwork({ forward, stackable: false }, data.inputShape));
    const expected = product(await gradientsOf(task, parameters), matrix, task.info.parameters);
    expect(relativeError(projected.data, expected)).toBeLessThan(1e-5);
    await task.release();
  },
);

test.each(['everything', 'transposed', 'embedding'])(
  'gradients of %s in bases are input · G · deltaᵀ',
  async (name) => {
    const task = await open(name);
    const parameters = await trained(task);
    const checkpoint = checkpointOf(parameters);
    const context = contextOf(task, [checkpoint]);
    const { parameters: p, train } = task.info;
    const rng = new Rng(runSeed(1));
    const drawn = (size: number) => Float32Array.from({ length: size * size }, () => rng.normal());
    const bases = context.layerMatrices.map(({ width, outputs, inputs }, layer) => ({
      ...(inputs === 'dense' && { input: drawn(width) }),
      ...(layer !== 1 && { delta: drawn(outputs) }),
    }));
    const found = await allRows(context.gradients({ of: 'train', checkpoint, output: 'target', bases }));
    const rows = Float64Array.from(await gradientsOf(task, parameters));
    for (const [l, { offset, width, outputs }] of context.layerMatrices.entries()) {
      const { input, delta } = bases[l];
      for (let start = offset; start < train * p; start += p) {
        const matrix = rows.slice(start, start + width * outputs);
        const byInput =
          input === undefined
            ? matrix
            : await matmul(Float64Array.from(input), matrix, { m: width, k: width, n: outputs });
        const shape = { m: width, k: outputs, n: outputs, transposeB: true };
        rows.set(delta === undefined ? byInput : await matmul(byInput, Float64Array.from(delta), shape), start);
      }
    }
    expect(relativeError(found.data, rows)).toBeLessThan(1e-5);
    await task.release();
  },
);

test.each(layerNames)('Hessian products of %s are differences of gradients', async (name) => {
  const task = await open(name);
  const parameters = await trained(task);
  const { parameters: p, train } = task.info;
  const rng = new Rng(runSeed(1));
  const vectors = Float32Array.from({ length: p }, () => rng.normal());
  const checkpoint = checkpointOf(parameters);
  const found = await contextOf(task, [checkpoint]).curvatureProducts({ checkpoint, vectors });
  const meanGradient = async (by: number) => {
    const rows = await gradientsOf(
      task,
      parameters.map((value, i) => value + by * (vectors[i] ?? 0)),
      'loss',
    );
    return Float64Array.from({ length: p }, (_, i) => {
      let sum = 0;
      for (let at = i; at < rows.length; at += p) sum += rows[at];
      return sum / train;
    });
  };
  const [above, below] = [await meanGradient(3e-3), await meanGradient(-3e-3)];
  const expected = above.map((value, i) => (value - below[i]) / 6e-3);
  expect(relativeError(found, expected)).toBeLessThan(1e-2);
  await task.release();
});

test('batch normalisation is frozen outside of training: what is said of a point does not depend on the others', async () => {
  const name = 'everything';
  const task = await open(name);
  const parameters = await trained(task);
  const { data } = networks[name];
  const alone = await open(name, {}, { ...data, inputs: data.inputs.slice(0, 36), labels: data.labels.slice(0, 1) });
  const [rows, row] = [await gradientsOf(task, parameters), await gradientsOf(alone, parameters)];
  expect(relativeError(row, rows.slice(0, task.info.parameters))).toBeLessThan(1e-5);
  await task.release();
  await alone.release();
});

import type { FisherFactors } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import type { Task } from '../src/index.js';
import { gradientsOf, open, trained } from './support/layer-networks.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, taskOf, uncancelled } from './support/tasks.js';

type Request = Pick<Parameters<ReturnType<typeof contextOf>['fisherFactors']>[0], 'references' | 'seed' | 'timesteps'>;

function factorsOf(task: Task, parameters: Float32Array, request: Request): AsyncIterable<FisherFactors> {
  const checkpoint = checkpointOf(parameters);
  return contextOf(task, [checkpoint]).fisherFactors({ checkpoint, ...request });
}

/** Σ over positions of input ⊗ delta, [samples × p]. */
async function gradientsFrom(blocks: AsyncIterable<FisherFactors>, samples: number, p: number): Promise<Float64Array> {
  const rows = new Float64Array(samples * p);
  const done = new Map<string, number>();
  for await (const { matrix, samples, positions, input, delta } of blocks) {
    const { layer, offset, width, outputs } = matrix;
    const first = done.get(layer) ?? 0;
    done.set(layer, first + samples);
    for (let s = 0; s < samples; s++) {
      for (let r = s * positions; r < (s + 1) * positions; r++) {
        for (let i = 0; i < width; i++) {
          for (let j = 0; j < outputs; j++) {
            rows[(first + s) * p + offset + i * outputs + j] += input[r * width + i] * delta[r * outputs + j];
          }
        }
      }
    }
  }
  return rows;
}

test.each(['everything', 'transposed', 'embedding'])(
  'factors of %s, summed over positions, are the gradients of every parameter',
  async (name) => {
    const task = await open(name);
    const parameters = await trained(task);
    const { train, parameters: p } = task.info;
    const request = { references: 'observed', seed: runSeed(0) } as const;
    const rows = await gradientsFrom(factorsOf(task, parameters, request), train, p);
    expect(relativeError(rows, await gradientsOf(task, parameters, 'loss'))).toBeLessThan(1e-5);
    let end = 0;
    for (const { offset, width, outputs } of contextOf(task, [checkpointOf(parameters)]).layerMatrices) {
      expect(offset).toBe(end);
      end += width * outputs;
    }
    expect(end).toBe(p);
    await task.release();
  },
);

test('sampled labels have the probabilities of the softmax, so that the Fisher is that of the model', async () => {
  const task = await taskOf({
    data: { use: 'synthetic', train: 5, queries: 2, dims: 4, classes: 3 },
    model: { use: 'logistic', epochs: 2, batch: 4 },
  });
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const deltas = async (index: number) => {
    for await (const { delta } of factorsOf(task, parameters, { references: 'sampled', seed: runSeed(index) }))
      return delta.slice();
    return new Float32Array();
  };
  const draws = 600;
  const sums = new Float64Array(15);
  const products = new Float64Array(45);
  const one = await deltas(0);
  expect(await deltas(0)).toEqual(one);
  // A drawn label leaves p in the other classes: the largest over draws of each class is p.
  const shares = new Float64Array(15);
  for (let k = 0; k < draws; k++) {
    const delta = await deltas(k);
    for (let i = 0; i < 15; i++) {
      sums[i] += delta[i] / draws;
      shares[i] = Math.max(shares[i], delta[i]);
      for (let j = 0; j < 3; j++) products[3 * i + j] += (delta[i] * delta[3 * Math.floor(i / 3) + j]) / draws;
    }
  }
  const expected = products.map((_, at) => {
    const [i, j] = [Math.floor(at / 3), 3 * Math.floor(at / 9) + (at % 3)];
    return (i === j ? shares[i] : 0) - shares[i] * shares[j];
  });
  for (let i = 0; i < 15; i++) expect(Math.abs(sums[i])).toBeLessThan(0.08);
  for (let i = 0; i < 45; i++) expect(Math.abs(products[i] - expected[i])).toBeLessThan(0.08);
  await task.release();
});

test('samples of a generator are its points at each time step, and drawn noises have the variance of the loss', async () => {
  const dims = 24;
  const task = await taskOf({
    data: { use: 'synthetic', train: 40, dims },
    model: { use: 'ddpm-mlp', hidden: [6], epochs: 1 },
    queries: { heldout: 2, generated: 0 },
  });
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const { train, parameters: p } = task.info;
  const timesteps = [0, 400, 900];
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const mean = await allRows(ctx.gradients({ of: 'train', checkpoint, output: 'loss', timesteps }));
  const request = { references: 'observed', seed: runSeed(0), timesteps } as const;
  const rows = await gradientsFrom(factorsOf(task, parameters, request), 3 * train, p);
  const averaged = Float64Array.from(mean.data, (_, at) => {
    const [point, i] = [Math.floor(at / p), at % p];
    return [0, 1, 2].reduce((sum, t) => sum + rows[(3 * point + t) * p + i] / 3, 0);
  });
  expect(relativeError(averaged, mean.data)).toBeLessThan(1e-5);
  let [squares, numbers] = [0, 0];
  for await (const { matrix, delta } of factorsOf(task, parameters, { ...request, references: 'sampled' })) {
    if (matrix.layer !== 'fc2') continue;
    for (const value of delta) squares += value * value;
    numbers += delta.length;
  }
  expect(numbers).toBe(3 * train * dims);
  // The Hessian of a mean of squares by its numbers is 2 / dims.
  expect((squares / numbers) * dims).toBeCloseTo(2, 1);
  await task.release();
});

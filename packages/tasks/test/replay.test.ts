import type { LayerFactors, ReplayedStep } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { Task } from '../src/index.js';
import { flatGradient, flatTangent } from './support/factor-gradients.js';
import { allRows, checkpointOf, contextOf, relativeError, runSeed, taskOf, uncancelled } from './support/tasks.js';

const raw = (model: Record<string, unknown>) => ({
  data: { use: 'synthetic', train: 21, queries: 4, dims: 5, classes: 3 },
  model: { use: 'mlp', hidden: [6, 4], activation: 'tanh', epochs: 2, batch: 8, ...model },
});
const trainedTask = async (model: Record<string, unknown> = {}) => {
  const task = await taskOf(raw(model));
  const [run] = await task.train({ runs: [{ seed: runSeed(0) }], snapshots: 2, cancel: uncancelled });
  return { task, run };
};
const steps = async (stream: AsyncIterable<ReplayedStep>): Promise<ReplayedStep[]> => {
  const all: ReplayedStep[] = [];
  for await (const step of stream) all.push(step);
  return all;
};
/** The gradient of a layer that the samples make together, [width × out]. */
const gradientOf = ({ input, delta }: LayerFactors) => tf.matMul(input as tf.Tensor2D, delta as tf.Tensor2D, true);
const summed = (factors: readonly LayerFactors[]) =>
  tf.concat(factors.map((layer) => tf.reshape(gradientOf(layer), [-1])));
const initial = async (task: Task) =>
  // One epoch of no learning leaves the initial parameters.
  (await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled }))[0].parameters;

test.each([{ lr: 0.05 }, { optimizer: 'adam', lr: 0.01, weightDecay: 0.01 }])(
  'replaying a run trained with %o ends in the same bytes, or says so',
  async (model) => {
    const { task, run } = await trainedTask(model);
    const emit = () => ({ one: tf.ones([1]) });
    const replayed = await steps(contextOf(task, [checkpointOf(run.parameters)]).replay({ emit }));
    expect(replayed.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...replayed[2].batch].filter((row) => row >= 0)).toHaveLength(5);
    const other = run.parameters.slice();
    other[0] += 1e-6;
    const foreign = contextOf(task, [checkpointOf(other)]).replay({ emit });
    await expect(steps(foreign)).rejects.toThrow('did not end in the same model');
    await task.release();
  },
);

test.each([{ momentum: 0 }, { momentum: 0.9, weightDecay: 0.1 }])(
  'the factors of the batch are the gradient that the optimiser steps along with %o',
  async (decayed) => {
    const { task, run } = await trainedTask({ lr: 0.05, schedule: 'linear', ...decayed });
    const frozen = await taskOf(raw({ lr: 0, momentum: 0, epochs: 1 }));
    const start = await initial(frozen);
    const replayed = await steps(
      contextOf(task, [checkpointOf(run.parameters)]).replay({
        emit: ({ batch, learningRate }) => ({ gradient: summed(batch), learningRate }),
      }),
    );
    const expected = Float64Array.from(start);
    const velocity = new Float64Array(expected.length);
    for (const { emitted, learningRate, momentum, weightDecay } of replayed) {
      expect(emitted.learningRate[0]).toBeCloseTo(learningRate, 6);
      for (let i = 0; i < expected.length; i++) {
        velocity[i] = momentum * velocity[i] + emitted.gradient[i] + weightDecay * expected[i];
        expected[i] -= learningRate * velocity[i];
      }
    }
    expect(relativeError(run.parameters, expected)).toBeLessThan(1e-5);
    await task.release();
    await frozen.release();
  },
);

test('query factors are target gradients at the parameters before the step, their tangents Hessian products', async () => {
  const { task, run } = await trainedTask({ lr: 0.05, momentum: 0 });
  const frozen = await taskOf(raw({ lr: 0, momentum: 0, epochs: 1 }));
  const start = await initial(frozen);
  const [first] = await steps(
    contextOf(task, [checkpointOf(run.parameters)]).replay({
      tangent: true,
      emit: ({ batch, queries, queryTangents }) => ({
        gradient: summed(batch),
        queries: flatGradient(queries),
        tangents: flatTangent(queries, queryTangents),
      }),
    }),
  );
  const targetGradients = async (by: number) => {
    const checkpoint = checkpointOf(start.map((value, i) => value + by * first.emitted.gradient[i]));
    return (await allRows(contextOf(task, [checkpoint]).gradients({ of: 'queries', checkpoint, output: 'target' })))
      .data;
  };
  expect(relativeError(first.emitted.queries, await targetGradients(0))).toBeLessThan(1e-5);
  const h = 0.05;
  const [above, below] = [await targetGradients(h), await targetGradients(-h)];
  const differences = above.map((value, i) => (value - below[i]) / (2 * h));
  expect(relativeError(first.emitted.tangents, differences)).toBeLessThan(1e-2);
  await task.release();
  await frozen.release();
});

test('the preconditioner is one for sgd and the second moment of Adam otherwise', async () => {
  const { task, run } = await trainedTask({ lr: 0.05 });
  const emit = ({ preconditioner }: { preconditioner: readonly tf.Tensor[] }) => ({ first: preconditioner[0] });
  const [sgd] = await steps(contextOf(task, [checkpointOf(run.parameters)]).replay({ emit }));
  expect(new Set(sgd.emitted.first)).toEqual(new Set([1]));
  expect(sgd.emitted.first).toHaveLength(6 * 6);
  await task.release();
  const adam = await trainedTask({ optimizer: 'adam', lr: 0.01 });
  const [step] = await steps(
    contextOf(adam.task, [checkpointOf(adam.run.parameters)]).replay({
      emit: ({ batch: [first], preconditioner }) => ({ preconditioned: tf.mul(gradientOf(first), preconditioner[0]) }),
    }),
  );
  // In Adam's first step the corrected second moment is the squared gradient: what remains is its sign.
  for (const value of step.emitted.preconditioned) expect(Math.abs(value)).toBeCloseTo(1, 3);
  await adam.task.release();
});

test("a generator's query gradients are, over a round of the pairs of time step and noise, those of its targets", async () => {
  const task = await taskOf({
    kind: 'generator',
    data: { use: 'synthetic', train: 8, dims: 5 },
    model: { use: 'ddpm-mlp', hidden: [6], optimizer: 'sgd', momentum: 0, weightDecay: 0, lr: 0, epochs: 6, batch: 8 },
    target: { use: 'neg-denoising-loss', timesteps: 3, draws: 2 },
    queries: { heldout: 4, generated: 0 },
  });
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const emit = ({ queries }: { readonly queries: readonly LayerFactors[] }) => ({ gradients: flatGradient(queries) });
  const replayed = await steps(contextOf(task, [checkpointOf(parameters)]).replay({ emit }));
  const direction = parameters.map((_, i) => Math.sin(i + 1));
  const along = Array.from({ length: 4 }, (_, query) => {
    const products = replayed.map(({ emitted: { gradients } }) =>
      direction.reduce((sum, value, i) => sum + value * gradients[query * direction.length + i], 0),
    );
    expect(new Set(products).size).toBe(6);
    return products.reduce((sum, product) => sum + product / 6, 0);
  });
  const h = 0.01;
  const moved = (by: number) => parameters.map((value, i) => value + by * direction[i]);
  const [above, below] = await task.queryTargets([moved(h), moved(-h)]);
  expect(
    relativeError(
      Float64Array.from(along),
      above.map((value, i) => (value - below[i]) / (2 * h)),
    ),
  ).toBeLessThan(3e-3);
  await task.release();
});

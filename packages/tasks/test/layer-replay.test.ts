import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { declareNetwork } from '../src/nn/interpreters/declare.js';
import { flatGradient, flatTangent } from './support/factor-gradients.js';
import { layerNames, networks, open, trained } from './support/layer-networks.js';
import { allRows, checkpointOf, contextOf, relativeError } from './support/tasks.js';

test.each(layerNames)(
  'a run with %s is replayed to the same bytes, and its factors are what it stepped along',
  async (name) => {
    const plain = { momentum: 0, schedule: 'constant' };
    const task = await open(name, plain);
    const frozen = await open(name, { ...plain, lr: 0 });
    const { parameters: p } = task.info;
    const expected = Float64Array.from((await trained(frozen)).slice(0, p));
    const parameters = await trained(task);
    const replayed = contextOf(task, [checkpointOf(parameters)]).replay({
      emit: ({ batch }) => ({ gradient: tf.sum(flatGradient(batch), 0) }),
    });
    for await (const { emitted, learningRate } of replayed) {
      for (let i = 0; i < p; i++) expected[i] -= learningRate * emitted.gradient[i];
    }
    expect(relativeError(parameters.slice(0, p), expected)).toBeLessThan(1e-5);
    await task.release();
    await frozen.release();
  },
);

function initialStatistics(name: string): number[] {
  const { forward, data, stackable = false } = networks[name];
  const { statistics } = declareNetwork({ forward, stackable }, data.inputShape);
  return statistics.flatMap(({ size, centre = 0 }) => new Array<number>(size).fill(centre));
}

test.each(layerNames)('tangents of replayed query factors of %s are differences of gradients', async (name) => {
  const task = await open(name, { epochs: 1, batch: 7 });
  const frozen = await open(name, { epochs: 1, batch: 7, lr: 0 });
  const start = await trained(frozen);
  const { parameters: p } = task.info;
  // The queries of the first step see the running statistics as they are at the start.
  const initial = Float32Array.from([...start.slice(0, p), ...initialStatistics(name)]);
  const replayed = contextOf(task, [checkpointOf(await trained(task))]).replay({
    tangent: true,
    emit: ({ batch, queries, queryTangents }) => ({
      direction: tf.sum(flatGradient(batch), 0),
      tangents: flatTangent(queries, queryTangents),
    }),
  });
  for await (const { emitted } of replayed) {
    const h = 0.02;
    const moved = async (by: number) => {
      const checkpoint = checkpointOf(initial.map((value, i) => value + by * (emitted.direction[i] ?? 0)));
      const request = { of: 'queries', checkpoint, output: 'target' } as const;
      return (await allRows(contextOf(task, [checkpoint]).gradients(request))).data;
    };
    const [above, below] = [await moved(h), await moved(-h)];
    const expected = above.map((value, i) => (value - below[i]) / (2 * h));
    expect(relativeError(emitted.tangents, expected)).toBeLessThan(2e-2);
  }
  await task.release();
  await frozen.release();
});

import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { openTask, type Task, type TaskData } from '../src/index.js';
import {
  allRows,
  checkpointOf,
  contextOf,
  dataOf,
  relativeError,
  runSeed,
  specOf,
  uncancelled,
} from './support/tasks.js';

/** Data with its training points in memory that threads share, however few they are. */
function shared(data: TaskData): TaskData {
  const inputs = new Float32Array(new SharedArrayBuffer(data.inputs.byteLength));
  inputs.set(data.inputs);
  return { ...data, inputs };
}

/** Bytes of everything that models come out of and that methods stream. */
async function bytesOf(task: Task): Promise<Uint8Array[]> {
  const members = Int32Array.from({ length: 30 }, (_, i) => 2 * i);
  const whole = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const subsets = await task.train({ runs: [1, 2].map((i) => ({ seed: runSeed(i), members })), cancel: uncancelled });
  const models = [...whole, ...subsets].map(({ parameters }) => parameters);
  const checkpoint = checkpointOf(models[0]);
  const ctx = contextOf(task, [checkpoint]);
  const asked = { of: 'train', checkpoint: ctx.checkpoints[0], output: 'loss' } as const;
  const gradients = await allRows(ctx.gradients(asked));
  const outputs = await ctx.outputs(asked);
  return [...models, gradients.data, outputs, ...(await task.queryTargets(models))].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
}

test.each([
  [
    'a classifier',
    { data: { use: 'digits', train: 61, queries: 5 }, model: { use: 'mlp', epochs: 2, batch: 16, dropout: 0.1 } },
  ],
  [
    'a generator',
    {
      kind: 'generator',
      data: { use: 'digits', train: 61 },
      queries: { heldout: 4, generated: 0 },
      model: { use: 'ddpm-mlp', hidden: [8], timeFeatures: 4, diffusionSteps: 8, epochs: 2, batch: 16 },
      target: { use: 'neg-denoising-loss', timesteps: 2, draws: 1 },
    },
  ],
])('%s is trained and explained to the same bytes on points that threads share', async (_, raw) => {
  const spec = specOf(raw);
  const data = await dataOf(spec);
  const own = await openTask(spec, data, onnxEngine);
  const other = await openTask(spec, shared(data), onnxEngine);
  expect(await bytesOf(other)).toEqual(await bytesOf(own));
  await own.release();
  await other.release();
});

test('training on points that threads share is replayed and unrolled', async () => {
  const spec = specOf({
    data: { use: 'digits', train: 40, queries: 3 },
    model: { use: 'logistic', epochs: 2, batch: 16 },
  });
  const data = await dataOf(spec);
  const found = await Promise.all(
    [data, shared(data)].map(async (points) => {
      const task = await openTask(spec, points, onnxEngine);
      const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
      const ctx = contextOf(task, [checkpointOf(parameters)]);
      const slopes: number[] = [];
      for await (const { byWeight } of ctx.unroll()) slopes.push(...byWeight);
      const rates: number[] = [];
      for await (const { emitted } of ctx.replay({ emit: ({ learningRate }) => ({ learningRate }) }))
        rates.push(...emitted.learningRate);
      await task.release();
      return { slopes, rates };
    }),
  );
  expect(found[0].rates).toHaveLength(6);
  expect(found[1].rates).toEqual(found[0].rates);
  expect(relativeError(found[1].slopes, found[0].slopes)).toBeLessThan(1e-5);
});

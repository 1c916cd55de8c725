import { Rng, uniformTimesteps } from '@attribution-bench/contract';
import { onnxEngine, tfjsCpuEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { diffusionOf } from '../src/generator/diffusion.js';
import { descendingTimesteps, reverseSteps } from '../src/generator/reverse-steps.js';
import { dataKey, generatedKey, generateQueries, openTask, type TaskData, type TaskSpec } from '../src/index.js';
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

const raw = (more: { model?: object; queries?: object; data?: object } = {}) => ({
  data: { use: 'digits', train: 60, ...more.data },
  model: { use: 'ddpm-mlp', hidden: [24], epochs: 6, batch: 16, ...more.model },
  target: { use: 'neg-denoising-loss', timesteps: 10, draws: 2 },
  queries: { heldout: 6, generated: 4, samplerSteps: 10, ...more.queries },
});
const open = async (spec: TaskSpec, data?: TaskData) => {
  const base = data ?? (await generateQueries(spec, await dataOf(spec), { engine: onnxEngine, cancel: uncancelled }));
  return { data: base, task: await openTask(spec, base, onnxEngine) };
};

test('inputs are pixels in [-1, 1], and queries are held-out points followed by generated ones', async () => {
  const spec = specOf(raw());
  const { data, task } = await open(spec);
  expect(Math.min(...data.inputs)).toBe(-1);
  expect(Math.max(...data.inputs)).toBe(1);
  expect(data.queryIds.slice(6)).toEqual(['generated/0', 'generated/1', 'generated/2', 'generated/3']);
  expect(data.queryIds.slice(0, 6).every((id) => id.startsWith('row/'))).toBe(true);
  expect(data.queryInputs.every((value) => value >= -1 && value <= 1)).toBe(true);
  expect(task.info.kind).toBe('generator');
  expect(task.info.queries).toBe(10);
  expect(task.info.diffusionSteps).toBe(1000);
  expect(await open(spec)).toMatchObject({ data });
  await task.release();
});

test('generated queries have a key of their own, which the model is part of', () => {
  const spec = (more: Parameters<typeof raw>[0]) => specOf(raw(more));
  expect(dataKey(spec({ model: { lr: 0.5 } }))).toBe(dataKey(spec({})));
  expect(generatedKey(spec({ model: { lr: 0.5 } }))).not.toBe(generatedKey(spec({})));
});

test('without its generated queries a task is described and trained, not explained', async () => {
  const spec = specOf(raw());
  const task = await openTask(spec, await dataOf(spec), onnxEngine);
  expect(task.info.queries).toBe(10);
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  await expect(task.queryTargets([parameters])).rejects.toThrow('the data has 6 queries, the task 10');
  expect(() => contextOf(task, [])).toThrow(RangeError);
  await task.release();
});

test('training lowers the loss, in the same bytes alone and in company; noise differs between seeds', async () => {
  const spec = specOf(raw({ model: { epochs: 40, lr: 0.01 } }));
  const { task } = await open(spec);
  const half = (index: number) => new Rng(runSeed(index)).subset(60, 30);
  const runs = [0, 1, 2].map((i) => ({ seed: runSeed(i), members: half(i) }));
  const trained = await task.train({ runs, cancel: uncancelled });
  const [alone] = await task.train({ runs: [runs[2]], cancel: uncancelled });
  expect(alone.parameters).toEqual(trained[2].parameters);
  for (const { losses } of trained) expect(losses[39]).toBeLessThan(0.85 * losses[0]);
  const [other] = await task.train({ runs: [{ seed: runSeed(7), members: half(2) }], cancel: uncancelled });
  expect(other.parameters).not.toEqual(alone.parameters);
  const targets = await task.queryTargets(trained.map(({ parameters }) => parameters));
  const [again] = await task.queryTargets([trained[1].parameters]);
  expect(again).toEqual(targets[1]);
  expect(targets[0].every((value) => value < 0)).toBe(true);
  const { trainLoss, heldoutLoss, generatedLoss } = await task.sanity(trained[0].parameters);
  expect(trainLoss).toBeGreaterThan(0);
  expect(heldoutLoss).toBeGreaterThan(0);
  expect(generatedLoss).toBeGreaterThan(0);
  await task.release();
});

test('a moving average is what training yields', async () => {
  const plain = await open(specOf(raw({ queries: { generated: 0 } })));
  const averaged = await open(specOf(raw({ queries: { generated: 0 }, model: { ema: 0.5 } })));
  const request = { runs: [{ seed: runSeed(0) }], snapshots: 6, cancel: uncancelled };
  const [run] = await plain.task.train(request);
  const [smooth] = await averaged.task.train(request);
  expect(smooth.losses).toEqual(run.losses);
  expect(smooth.parameters).not.toEqual(run.parameters);
  const gap = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);
  const [, , , , before, last] = run.snapshots;
  expect(gap(smooth.parameters, last.parameters)).toBeLessThan(gap(before.parameters, last.parameters));
  await plain.task.release();
  await averaged.task.release();
});

test('both engines train and sample to the same numbers up to rounding', async () => {
  const spec = specOf(raw({ model: { epochs: 2 }, data: { train: 20 }, queries: { generated: 0, heldout: 2 } }));
  const data = await dataOf(spec);
  const [onnx, eager] = await Promise.all(
    [onnxEngine, tfjsCpuEngine].map(async (engine) => {
      const task = await openTask(spec, data, engine);
      const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
      const images = await task.generate?.(parameters, [0, 1], uncancelled);
      const [targets] = await task.queryTargets([parameters]);
      await task.release();
      return { parameters, images: images as Float32Array, targets };
    }),
  );
  expect(relativeError(onnx.parameters, eager.parameters)).toBeLessThan(1e-4);
  expect(relativeError(onnx.targets, eager.targets)).toBeLessThan(1e-4);
  expect(relativeError(onnx.images, eager.images)).toBeLessThan(1e-3);
});

test.each(['ddim', 'ddpm'])('%s: an image depends on the model and its number alone', async (sampler) => {
  const spec = specOf(raw({ queries: { sampler, samplerSteps: 60 } }));
  const { task } = await open(spec);
  const [a, b] = await task.train({ runs: [{ seed: runSeed(0) }, { seed: runSeed(1) }], cancel: uncancelled });
  const draw = async (parameters: Float32Array, images: number[]) =>
    (await task.generate?.(parameters, images, uncancelled)) as Float32Array;
  const many = await draw(
    a.parameters,
    Array.from({ length: 70 }, (_, index) => index),
  );
  expect(await draw(a.parameters, [66, 3])).toEqual(
    Float32Array.from([...many.subarray(66 * 64, 67 * 64), ...many.subarray(3 * 64, 4 * 64)]),
  );
  expect(many.subarray(0, 64)).not.toEqual(many.subarray(64, 128));
  expect(await draw(b.parameters, [3])).not.toEqual(many.subarray(3 * 64, 4 * 64));
  await task.release();
});

test('a perfect denoiser of one point draws that point', () => {
  const { alphasCumprod, steps } = diffusionOf({ use: 'x', diffusionSteps: 1000, betas: 'cosine' });
  const timesteps = descendingTimesteps(steps, 20);
  const rows = reverseSteps(alphasCumprod, timesteps, 0);
  const point = 0.3;
  let x = -1.7;
  for (const [k, t] of timesteps.entries()) {
    const noise = (x - Math.sqrt(alphasCumprod[t]) * point) / Math.sqrt(1 - alphasCumprod[t]);
    x = rows[k * 3] * point + rows[k * 3 + 1] * noise;
  }
  expect(x).toBeCloseTo(point, 6);
  expect(timesteps[19]).toBe(0);
});

test('with all steps and eta 1 the reverse step is the DDPM posterior', () => {
  const { alphasCumprod, steps } = diffusionOf({ use: 'x', diffusionSteps: 200, betas: 'linear' });
  const timesteps = descendingTimesteps(steps, 200);
  const rows = reverseSteps(alphasCumprod, timesteps, 1);
  for (const k of [0, 50, 198]) {
    const t = timesteps[k];
    const [now, next] = [alphasCumprod[t], alphasCumprod[t - 1]];
    const beta = 1 - now / next;
    // Ho et al. 2020, equations 6 and 7.
    expect(rows[k * 3 + 2] ** 2).toBeCloseTo((beta * (1 - next)) / (1 - now), 6);
    const ofClean = (Math.sqrt(next) * beta) / (1 - now);
    const ofNoisy = (Math.sqrt(now / next) * (1 - next)) / (1 - now);
    const [clean, noise] = [0.4, -1.1];
    const noisy = Math.sqrt(now) * clean + Math.sqrt(1 - now) * noise;
    expect(rows[k * 3] * clean + rows[k * 3 + 1] * noise).toBeCloseTo(ofClean * clean + ofNoisy * noisy, 5);
  }
});

test('noise grows from almost none to almost all, linear and cosine, for any number of steps', () => {
  for (const betas of ['linear', 'cosine']) {
    for (const diffusionSteps of [100, 1000]) {
      const { alphasCumprod } = diffusionOf({ use: 'x', diffusionSteps, betas });
      expect(alphasCumprod[0]).toBeGreaterThan(0.99);
      expect(alphasCumprod[diffusionSteps - 1]).toBeLessThan(0.01);
      for (let t = 1; t < diffusionSteps; t++) expect(alphasCumprod[t]).toBeLessThan(alphasCumprod[t - 1]);
    }
  }
  expect(uniformTimesteps(1000, 3)).toEqual([0, 333, 666]);
});

test('gradients averaged over time steps are the mean of those at each one, and agree with differences', async () => {
  const { task } = await open(specOf(raw({ queries: { generated: 0 }, model: { hidden: [5] } })));
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const checkpoint = checkpointOf(parameters);
  const ctx = contextOf(task, [checkpoint]);
  const request = { of: 'queries', checkpoint, output: 'loss' } as const;
  const together = await allRows(ctx.gradients({ ...request, timesteps: [0, 250, 700] }));
  const sum = new Float64Array(together.data.length);
  for (const t of [0, 250, 700]) {
    const { data } = await allRows(ctx.gradients({ ...request, timesteps: [t] }));
    for (const [i, value] of data.entries()) sum[i] += value / 3;
  }
  expect(relativeError(together.data, sum)).toBeLessThan(1e-5);
  const rng = new Rng(runSeed(4));
  const direction = parameters.map(() => rng.normal());
  const values = async (by: number) => {
    const moved = checkpointOf(parameters.map((value, i) => value + by * direction[i]));
    return contextOf(task, [moved]).outputs({ ...request, checkpoint: moved, timesteps: [0, 250, 700] });
  };
  const [above, below] = [await values(1e-2), await values(-1e-2)];
  const slopes = Array.from({ length: 6 }, (_, q) =>
    direction.reduce((total, value, i) => total + value * together.data[q * together.cols + i], 0),
  );
  const differences = Array.from(above, (value, q) => (value - below[q]) / 2e-2);
  expect(relativeError(slopes, differences)).toBeLessThan(1e-2);
  await task.release();
});

test('noise belongs to the point: order does not matter and copies are alike', async () => {
  const spec = specOf(raw({ queries: { generated: 0 } }));
  const { data, task } = await open(spec);
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const reordered = data.inputs.slice();
  reordered.copyWithin(0, 64, 128);
  reordered.copyWithin(64, 64 * 5, 64 * 6);
  const { task: other } = await open(spec, { ...data, inputs: reordered });
  const outputs = async (of: typeof task) => {
    const checkpoint = checkpointOf(parameters);
    return contextOf(of, [checkpoint]).outputs({ of: 'train', checkpoint, output: 'loss', timesteps: [100, 500] });
  };
  const before = await outputs(task);
  const after = await outputs(other);
  expect(after[0]).toBe(before[1]);
  expect(after[1]).toBe(before[5]);
  expect(after[1]).toBe(after[5]);
  await task.release();
  await other.release();
});

test('what a generator cannot do is said: unknown time steps, replay of another model, label noise', async () => {
  const { task } = await open(specOf(raw({ queries: { generated: 0 } })));
  const checkpoint = checkpointOf(new Float32Array(task.info.parameters));
  const ctx = contextOf(task, [checkpoint]);
  const gradients = ctx.gradients({ of: 'train', checkpoint, output: 'loss', timesteps: [1000] });
  await expect(allRows(gradients)).rejects.toThrow('there is no time step 1000');
  await expect(
    (async () => {
      for await (const _ of ctx.replay({ emit: () => ({ one: tf.ones([1]) }) }));
    })(),
  ).rejects.toThrow('did not end in the same model');
  expect(() => specOf(raw({ data: { flipLabels: 0.1 } }))).toThrow('does not see classes');
  expect(() => specOf(raw({ queries: { heldout: 0, generated: 0 } }))).toThrow('nothing to explain');
  expect(() => specOf(raw({ data: { queries: 3 } }))).toThrow('is for classifiers');
  await task.release();
});

test('a diverging generator is one clear error', async () => {
  const { task } = await open(specOf(raw({ queries: { generated: 0 }, model: { optimizer: 'sgd', lr: 1e30 } })));
  await expect(task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled })).rejects.toThrow('training diverged');
  await task.release();
});

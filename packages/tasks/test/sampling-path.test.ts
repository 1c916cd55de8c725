import { BenchError, childSeed, deriveSeed } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import { expect, test } from 'vitest';
import { type Diffusion, diffusionOf } from '../src/generator/diffusion.js';
import { samplingSeed } from '../src/generator/generate-queries.js';
import { levelTable, noiseColumn, signalColumn, timeColumn } from '../src/generator/levels.js';
import { noiseSource } from '../src/generator/noise-source.js';
import { normalRows } from '../src/generator/normal-rows.js';
import { descendingTimesteps, reverseSteps } from '../src/generator/reverse-steps.js';
import { generateQueries, openTask, type TaskData, type TaskSpec } from '../src/index.js';
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

const [dims, hidden, timeFeatures, generated] = [3, 4, 4, 3];
const raw = (queries: object) => ({
  data: { use: 'synthetic', train: 12, classes: 3, dims },
  model: { use: 'ddpm-mlp', hidden: [hidden], timeFeatures, diffusionSteps: 40, epochs: 60, batch: 12, lr: 0.02 },
  queries: { heldout: 0, generated, samplerSteps: 5, ...queries },
});

async function generating(queries: object = {}): Promise<{ spec: TaskSpec; data: TaskData }> {
  const spec = specOf(raw(queries));
  return { spec, data: await generateQueries(spec, await dataOf(spec), { engine: onnxEngine, cancel: uncancelled }) };
}

/** The noise that a network of one hidden layer predicts, by hand in float64. */
function predictedNoise(parameters: ArrayLike<number>, x: readonly number[], time: readonly number[]): number[] {
  let place = 0;
  const dense = (input: readonly number[], units: number): number[] => {
    const weights = place;
    const biases = place + input.length * units;
    place = biases + units;
    return Array.from({ length: units }, (_, o) =>
      input.reduce((sum, value, i) => sum + value * parameters[weights + i * units + o], parameters[biases + o]),
    );
  };
  const silu = dense([...x, ...time], hidden).map((value) => value / (1 + Math.exp(-value)));
  return dense(silu, dims);
}

function levelOf(diffusion: Diffusion, t: number): { signal: number; noise: number; time: number[] } {
  const width = timeColumn + timeFeatures;
  const row = [...levelTable(diffusion, timeFeatures).subarray(t * width, (t + 1) * width)];
  return { signal: row[signalColumn], noise: row[noiseColumn], time: row.slice(timeColumn) };
}

/** The clean image assumed at each step of drawing one image, by hand. */
function pathByHand(spec: TaskSpec, parameters: Float32Array, image: number): number[][] {
  const diffusion = diffusionOf(spec.model);
  const timesteps = descendingTimesteps(diffusion.steps, 5);
  const rows = reverseSteps(diffusion.alphasCumprod, timesteps, spec.queries.sampler === 'ddpm' ? 1 : 0);
  const normals = normalRows(childSeed(samplingSeed(spec), `image ${image}`), dims);
  const normal = (row: number) => {
    const values = new Float32Array(dims);
    normals.fill(row, values);
    return [...values];
  };
  let x = normal(0);
  return timesteps.map((t, k) => {
    const { signal, noise, time } = levelOf(diffusion, t);
    const predicted = predictedNoise(parameters, x, time);
    const clean = x.map((value, d) => Math.min(1, Math.max(-1, (value - noise * predicted[d]) / signal)));
    const added = normal(k + 1);
    x = x.map(
      (value, d) =>
        rows[3 * k] * clean[d] + (rows[3 * k + 1] * (value - signal * clean[d])) / noise + rows[3 * k + 2] * added[d],
    );
    return clean;
  });
}

/** Mean over the steps of one image's path of the denoising loss of what was assumed clean, noised anew. */
function lossByHand(
  { spec, data }: { spec: TaskSpec; data: TaskData },
  parameters: ArrayLike<number>,
  image: number,
): number {
  const diffusion = diffusionOf(spec.model);
  const noises = noiseSource(deriveSeed(spec.seed, 'diffusion-noise', 'method'), data.queryInputs, dims)(image);
  const path = pathByHand(spec, data.generatingModel as Float32Array, image);
  const losses = descendingTimesteps(diffusion.steps, 5).map((t, k) => {
    const added = new Float32Array(dims);
    noises.fill(t, added);
    const { signal, noise, time } = levelOf(diffusion, t);
    const predicted = predictedNoise(
      parameters,
      path[k].map((value, d) => signal * value + noise * added[d]),
      time,
    );
    return predicted.reduce((sum, value, d) => sum + (value - added[d]) ** 2, 0) / dims;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

test.each(['ddim', 'ddpm'])(
  '%s: losses and gradients along the path of each query are those worked out by hand',
  async (sampler) => {
    const made = await generating({ sampler });
    const { spec, data } = made;
    const task = await openTask(spec, data, onnxEngine);
    const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
    expect(parameters).not.toEqual(data.generatingModel);
    const checkpoint = checkpointOf(parameters);
    const ctx = contextOf(task, [checkpoint]);
    const request = { of: 'queries', checkpoint, output: 'loss', timesteps: 'sampling' } as const;
    const images = Array.from({ length: generated }, (_, image) => image);
    const last = images.flatMap((image) => pathByHand(spec, data.generatingModel as Float32Array, image)[4]);
    expect(relativeError(data.queryInputs, last)).toBeLessThan(1e-4);
    expect(
      relativeError(
        await ctx.outputs(request),
        images.map((image) => lossByHand(made, parameters, image)),
      ),
    ).toBeLessThan(1e-4);
    const step = 1e-5;
    const moved = (index: number, by: number) =>
      Float64Array.from(parameters, (value, i) => value + (i === index ? by : 0));
    const slopes = images.flatMap((image) =>
      Array.from(
        parameters,
        (_, i) => (lossByHand(made, moved(i, step), image) - lossByHand(made, moved(i, -step), image)) / (2 * step),
      ),
    );
    const { data: gradients, cols } = await allRows(ctx.gradients(request));
    expect(cols).toBe(parameters.length);
    expect(relativeError(gradients, slopes)).toBeLessThan(1e-4);
    // At the same number of fixed time steps: another program.
    const fixed = await allRows(ctx.gradients({ ...request, timesteps: descendingTimesteps(40, 5) }));
    expect(relativeError(fixed.data, slopes)).toBeGreaterThan(1e-3);
    await task.release();
  },
);

test('where there is no path, it is said', async () => {
  const paths = async ({ spec, data }: { spec: TaskSpec; data: TaskData }, of: 'train' | 'queries') => {
    const task = await openTask(spec, data, onnxEngine);
    const checkpoint = checkpointOf(new Float32Array(task.info.parameters));
    const ctx = contextOf(task, [checkpoint]);
    const error: unknown = await ctx
      .outputs({ of, checkpoint, output: 'loss', timesteps: 'sampling' })
      .catch((reason: unknown) => reason);
    await task.release();
    return error instanceof BenchError ? error.line : error;
  };
  expect(await paths(await generating(), 'train')).toContain(
    'only generated queries have time steps at which they were drawn',
  );
  expect(await paths(await generating({ heldout: 2 }), 'queries')).toContain('2 of 5 queries are held-out points');
  const classifier = specOf({ data: { use: 'synthetic', train: 12, queries: 2, classes: 3, dims }, model: 'logistic' });
  expect(await paths({ spec: classifier, data: await dataOf(classifier) }, 'queries')).toContain(
    'queries of a generator alone',
  );
  const { spec, data } = await generating();
  const { generatingModel: _, ...bare } = data;
  expect(await paths({ spec, data: bare }, 'queries')).toContain('the model that drew the queries is not in the data');
});

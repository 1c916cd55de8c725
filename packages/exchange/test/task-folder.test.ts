import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf } from '@attribution-bench/contract';
import { openGraph } from '@attribution-bench/onnx';
import { parseNpy } from '@attribution-bench/tasks';
import { expect, test } from 'vitest';
import { readSafetensors } from '../src/formats/read-safetensors.js';
import { writeTaskFolder } from '../src/index.js';
import { temporaryFolder, uncancelled } from './support/points.js';
import { trainedTask } from './support/tasks.js';

const classifier = {
  data: { use: 'digits', train: 40, queries: 6, flipLabels: 0.1 },
  model: { use: 'mlp', hidden: [5], epochs: 4, batch: 16, lr: 0.1 },
};
const generator = {
  kind: 'generator',
  data: { use: 'digits', train: 10 },
  model: { use: 'ddpm-mlp', hidden: [6], timeFeatures: 4, diffusionSteps: 20, epochs: 2, batch: 4 },
  target: { use: 'neg-denoising-loss', timesteps: 3, draws: 2 },
  queries: { heldout: 4, generated: 0 },
};

/** All that a folder holds, by path, as a digest. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [file.slice(folder.length + 1), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

const jsonOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'task.json'), 'utf8'));
const npyOf = (folder: string, path: string) => parseNpy(readFileSync(join(folder, path)), path);

test('a classifier is written whole: arrays, models by layer, runs and the network, all listed with their digests', async () => {
  const { toWrite, task } = await trainedTask(classifier, { checkpoints: 2, snapshots: 3 });
  const folder = join(temporaryFolder(), 'out', 'task');
  await writeTaskFolder(folder, toWrite, { cancel: uncancelled });
  const json = jsonOf(folder);
  const { 'task.json': _, ...files } = contents(folder);
  const listed = Object.entries(json.files as Record<string, { sha256: string }>);
  expect(Object.fromEntries(listed.map(([path, { sha256 }]) => [path, sha256]))).toEqual(files);

  const { data } = toWrite;
  expect(json).toMatchObject({ schema: 'bench/task@1', id: 'tiny', key: toWrite.key, kind: 'classifier', classes: 10 });
  expect(json.train).toMatchObject({ count: 40, ids: data.ids });
  expect(json.queries).toMatchObject({ count: 6, generated: 0, ids: data.queryIds });
  expect(npyOf(folder, json.train.inputs)).toEqual({ shape: [40, 64], data: data.inputs });
  expect(npyOf(folder, json.train.labels)).toEqual({ shape: [40], data: data.labels });
  expect(npyOf(folder, json.train.flipped)).toEqual({ shape: [40], data: data.flipped });
  expect(npyOf(folder, json.queries.inputs)).toEqual({ shape: [6, 64], data: data.queryInputs });
  expect(data.flipped.reduce((sum, flip) => sum + flip, 0)).toBe(4);
  expect(json.data).toMatchObject({ use: 'digits', licence: 'CC BY 4.0', source: expect.stringMatching(/^https:/) });

  for (const [run, { checkpoint }] of toWrite.checkpoints.entries()) {
    const written = json.checkpoints[run];
    const { arrays } = readSafetensors(readFileSync(join(folder, written.weights)), written.weights);
    for (const { arrays: parts } of json.layers)
      for (const { name, shape, offset, size } of parts)
        expect(arrays.get(name)?.()).toEqual({ shape, data: checkpoint.parameters.slice(offset, offset + size) });
    expect([...arrays.keys()].sort()).toEqual(['fc1.bias', 'fc1.weight', 'fc2.bias', 'fc2.weight']);
    expect(npyOf(folder, written.batches).shape).toEqual([12, 16]);
    expect(npyOf(folder, written.learningRates).shape).toEqual([json.training.steps]);
    expect(npyOf(folder, written.losses).data).toEqual(toWrite.checkpoints[run].losses);
  }
  expect(json.trajectory.map(({ step }: { step: number }) => step)).toEqual([3, 9, 12]);

  const { onnx, shape } = { onnx: readFileSync(join(folder, json.network.file)), shape: json.network.inputs[0].shape };
  expect([json.network.batch, shape]).toEqual([null, ['batch', 64]]);
  const output = { shape: [-1, 10], dtype: 'float32' } as const;
  const program = await openGraph({ onnx, inputs: { x: { shape: [-1, 64], dtype: 'float32' } }, outputs: { output } });
  const { output: logits } = await program.run({ x: data.queryInputs });
  await program.release();
  const [targets] = await task.queryTargets([toWrite.checkpoints[0].checkpoint.parameters]);
  for (const [q, label] of data.queryLabels.entries()) {
    const row = [...logits.slice(q * 10, (q + 1) * 10)];
    const others = row.filter((_, c) => c !== label).reduce((sum, logit) => sum + Math.exp(logit), 0);
    expect(Math.abs(row[label] - Math.log(others) - targets[q])).toBeLessThan(1e-5 * Math.max(1, Math.abs(targets[q])));
  }
  await task.release();
});

test('a generator is written with its levels, time steps and noise', async () => {
  const { toWrite, task } = await trainedTask(generator, { checkpoints: 1, snapshots: 1 });
  const folder = join(temporaryFolder(), 'task');
  await writeTaskFolder(folder, toWrite, { cancel: uncancelled });
  const { diffusion, checkpoints, network, queries } = jsonOf(folder);
  const shapeOf = (path: string) => npyOf(folder, path).shape;
  expect(shapeOf(diffusion.alphasCumprod)).toEqual([20]);
  expect(shapeOf(diffusion.levels)).toEqual([20, 6]);
  expect([...npyOf(folder, diffusion.target.timesteps).data]).toEqual([0, 6, 12]);
  expect(shapeOf(diffusion.target.noiseQueries)).toEqual([4, 3, 2, 64]);
  expect(shapeOf(diffusion.method.noiseTrain)).toEqual([10, 10, 64]);
  expect(shapeOf(diffusion.method.noiseQueries)).toEqual([4, 10, 64]);
  expect(shapeOf(checkpoints[0].timesteps)).toEqual([6, 4]);
  expect(network.inputs.map(({ name }: { name: string }) => name)).toEqual(['x', 'time']);
  expect(queries.generatingModel).toBeUndefined();
  const levels = npyOf(folder, diffusion.levels).data;
  const alphas = npyOf(folder, diffusion.alphasCumprod).data;
  for (let t = 0; t < 20; t++) {
    expect(levels[t * 6] ** 2).toBeCloseTo(alphas[t], 6);
    expect(levels[t * 6] ** 2 + levels[t * 6 + 1] ** 2).toBeCloseTo(1, 6);
  }
  await task.release();
});

test('the same task gives the same bytes; a folder that is there stays, unless it is to be replaced', async () => {
  const { toWrite, task } = await trainedTask(classifier, { checkpoints: 1, snapshots: 1 });
  await task.release();
  const folder = temporaryFolder();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  await writeTaskFolder(first, toWrite, { cancel: uncancelled });
  await writeTaskFolder(second, toWrite, { cancel: uncancelled });
  expect(contents(second)).toEqual(contents(first));

  mkdirSync(join(folder, 'third'));
  writeFileSync(join(folder, 'third', 'mine'), 'mine');
  await writeTaskFolder(join(folder, 'third'), toWrite, { cancel: uncancelled });
  expect(Object.keys(contents(join(folder, 'third')))).toEqual(['mine']);
  await writeTaskFolder(join(folder, 'third'), toWrite, { cancel: uncancelled, replace: true });
  expect(contents(join(folder, 'third'))).toEqual(contents(first));
  expect(readdirSync(folder).sort()).toEqual(['first', 'second', 'third']);
});

test('an export that is stopped leaves nothing', async () => {
  const { toWrite, task } = await trainedTask(classifier, { checkpoints: 1, snapshots: 1 });
  await task.release();
  const folder = temporaryFolder();
  let looks = 0;
  const cancel = {
    aborted: false,
    throwIfAborted() {
      if (++looks > 7) throw new Error('stopped');
    },
  };
  await expect(writeTaskFolder(join(folder, 'task'), toWrite, { cancel })).rejects.toThrow('stopped');
  expect(readdirSync(folder)).toEqual([]);
});

test('what a killed export left is removed by the next one, and never stands under the name', async () => {
  const { toWrite, task } = await trainedTask(classifier, { checkpoints: 1, snapshots: 1 });
  await task.release();
  const folder = temporaryFolder();
  const target = join(folder, 'task');
  let leftover = '';
  const cancel = {
    aborted: false,
    throwIfAborted() {
      leftover ||= readdirSync(folder)[0];
    },
  };
  await writeTaskFolder(target, toWrite, { cancel });
  // As a process with a number that no longer runs would have left it.
  const dead = leftover.replace(/-\d+-(\d+)-(\d+)$/, '-4194303-$1-$2');
  expect(dead).not.toBe(leftover);
  mkdirSync(join(folder, dead));
  writeFileSync(join(folder, dead, 'model.onnx'), 'half');
  expect(existsSync(join(folder, dead, 'task.json'))).toBe(false);
  await writeTaskFolder(target, toWrite, { cancel, replace: true });
  expect(readdirSync(folder)).toEqual(['task']);
});

test('truth is written for the queries and subsets it is of', async () => {
  const { toWrite, task } = await trainedTask(classifier, { checkpoints: 1, snapshots: 1 });
  await task.release();
  const members = [Int32Array.of(0, 3, 4), Int32Array.of(1, 2, 39)];
  const truth = {
    key: 'c'.repeat(64),
    fraction: 0.5,
    retrainSeeds: 2,
    members,
    queries: Int32Array.of(1, 4),
    outputs: Float32Array.from({ length: 8 }, (_, i) => i / 2),
  };
  const folder = join(temporaryFolder(), 'task');
  await writeTaskFolder(folder, { ...toWrite, truth }, { cancel: uncancelled });
  const json = jsonOf(folder);
  expect(json.truth).toMatchObject({ key: truth.key, split: 'tune', subsets: 2, retrainSeeds: 2 });
  const masks = npyOf(folder, json.truth.members);
  expect(masks.shape).toEqual([2, 40]);
  expect(
    members.map((_, subset) =>
      [...masks.data.slice(subset * 40, (subset + 1) * 40).keys()].filter((i) => masks.data[subset * 40 + i] === 1),
    ),
  ).toEqual(members.map((points) => [...points]));
  expect(npyOf(folder, json.truth.outputs)).toEqual({ shape: [2, 2, 2], data: truth.outputs });
  expect(sizeOf(npyOf(folder, json.truth.queries).shape)).toBe(2);
});

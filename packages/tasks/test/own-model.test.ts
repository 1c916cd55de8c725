import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { int, Rng } from '@attribution-bench/contract';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activations, defineModel, generatedKey, openTask, resolveTask, type TaskSpec, taskKey } from '../src/index.js';
import { allRows, checkpointOf, contextOf, dataOf, relativeError, runSeed, uncancelled } from './support/tasks.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-model-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A module that takes its model from here: in the tests' process packages are TypeScript, which Node cannot import. */
const modelSource = (activation: 'tanh' | 'relu') => `export default globalThis.ownModel('${activation}');`;
const ownModel = (activation: 'tanh' | 'relu') =>
  defineModel({
    id: 'mine',
    title: 'Mine',
    kind: 'classifier',
    recipe: { epochs: 3 },
    params: { units: int({ default: 6, min: 1, help: 'units' }) },
    network:
      ({ units }, { outputs }) =>
      (nn, x) => {
        const filtered = nn.conv2d('conv', tf.reshape(x, [-1, 8, 8, 1]), { filters: 4, kernel: 3, stride: 2 });
        const features = tf.mean(nn.groupNorm('norm', filtered, 2), [1, 2]);
        return nn.dense('out', activations[activation](nn.dense('fc', features, units)), outputs);
      },
  });
Object.assign(globalThis, { ownModel });
const written = async (name: string, source: string): Promise<string> => {
  await writeFile(join(folder, name), source);
  return `./${relative(process.cwd(), join(folder, name))}`;
};
const taskWith = (model: unknown) =>
  resolveTask({ id: 'own', data: { use: 'digits', train: 30, queries: 5 }, model }, 7);
const specOf = (model: unknown): TaskSpec => {
  const resolved = taskWith(model);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
  return resolved.spec;
};

test("a user's own model is trained and explained like any other", async () => {
  const use = await written('mine.mjs', modelSource('tanh'));
  const spec = specOf({ use, units: 7 });
  expect(spec.model).toMatchObject({ use: resolve(use), units: 7 });
  expect(spec.training.epochs).toBe(3);
  const task = await openTask(spec, await dataOf(spec), onnxEngine);
  expect(task.info.layers.map(({ name, kind, size }) => [name, kind, size])).toEqual([
    ['conv', 'conv2d', 40],
    ['norm', 'groupNorm', 8],
    ['fc', 'dense', 35],
    ['out', 'dense', 80],
  ]);
  const [{ parameters }] = await task.train({ runs: [{ seed: runSeed(0) }], cancel: uncancelled });
  const checkpoint = checkpointOf(parameters);
  const rows = await allRows(contextOf(task, [checkpoint]).gradients({ of: 'train', checkpoint, output: 'target' }));
  expect(rows.data).toHaveLength(30 * 163);

  const rng = new Rng(runSeed(1));
  const vectors = Float32Array.from(parameters, () => rng.normal());
  const found = await contextOf(task, [checkpoint]).curvatureProducts({ checkpoint, vectors });
  const meanGradient = async (by: number) => {
    const moved = checkpointOf(parameters.map((value, i) => value + by * vectors[i]));
    const { data } = await allRows(
      contextOf(task, [moved]).gradients({ of: 'train', checkpoint: moved, output: 'loss' }),
    );
    return Float64Array.from(parameters, (_, i) => {
      let sum = 0;
      for (let at = i; at < data.length; at += 163) sum += data[at];
      return sum / 30;
    });
  };
  const [above, below] = [await meanGradient(1e-2), await meanGradient(-1e-2)];
  const expected = above.map((value, i) => (value - below[i]) / 2e-2);
  expect(relativeError(found, expected)).toBeLessThan(1e-2);
  await task.release();
});

test('a TypeScript module is loaded with what it imports, its types dropped', async () => {
  const source = `import { chosen } from './chosen.js';
import type { Model } from '@attribution-bench/tasks';
const { ownModel } = globalThis as unknown as { ownModel(activation: string): Model };
enum Unused { A }
export default ownModel(chosen satisfies string);`;
  await written('chosen.ts', `export const chosen: string = 'tanh';`);
  const spec = specOf({ use: await written('mine.ts', source), units: 4 });
  const task = await openTask(spec, await dataOf(spec), onnxEngine);
  expect(task.info.layers.map(({ name }) => name)).toEqual(['conv', 'norm', 'fc', 'out']);
  await task.release();
});

test('its code is part of the key', async () => {
  const one = specOf({ use: await written('one.mjs', modelSource('tanh')) });
  const other = specOf({ use: await written('other.mjs', modelSource('relu')) });
  expect(one.model.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(taskKey(one, undefined)).not.toBe(taskKey(other, undefined));
});

test('so is that of what it imports, but not where it lies or how its path is written', async () => {
  const source = `import { chosen } from './picked.js';
export default (globalThis as unknown as { ownModel(activation: string): unknown }).ownModel(chosen);`;
  await written('picked.ts', `export const chosen = 'tanh';`);
  const use = await written('picking.ts', source);
  const keyOf = (path: string, from?: string) => {
    const raw = { id: 'own', data: { use: 'digits', train: 30, queries: 5 }, model: path };
    const resolved = resolveTask(raw, 7, from);
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
    return [taskKey(resolved.spec, undefined), generatedKey(resolved.spec)];
  };
  const before = keyOf(use);
  await mkdir(join(folder, 'copied'));
  for (const name of ['picked.ts', 'picking.ts']) await cp(join(folder, name), join(folder, 'copied', name));
  expect(keyOf(join(folder, 'picking.ts'))).toEqual(before);
  expect(keyOf('./picking.ts', folder)).toEqual(before);
  expect(keyOf('./copied/../copied/picking.ts', folder)).toEqual(before);
  await written('picked.ts', `export const chosen = 'relu';`);
  expect(keyOf(use)).not.toEqual(before);
});

test('a module that changed after the grid was read is not run', async () => {
  const spec = specOf({ use: await written('changing.mjs', modelSource('tanh')) });
  await written('changing.mjs', modelSource('relu'));
  await expect(dataOf(spec).then((data) => openTask(spec, data, onnxEngine))).rejects.toThrow('was changed');
});

test.each([
  ['nothing', undefined, 'has no file'],
  ['no-model.mjs', 'export default { id: 1 };', 'is not a model: it lacks id, title'],
  ['no-default.mjs', 'export const a = 1;', 'lacks a default export'],
  ['throws.mjs', 'throw new Error("at its top");', 'cannot be loaded: at its top'],
  ['syntax.mjs', 'export default {', 'cannot be loaded'],
  ['syntax.ts', 'const a = 1;\nexport default {', "cannot be loaded: line 2: '}' expected"],
  ['no-import.ts', "import { a } from './nowhere.js';\nexport default a;", 'cannot be loaded'],
])('%s is refused', async (name, source, message) => {
  const use = source === undefined ? './nothing.mjs' : await written(name, source);
  const resolved = taskWith({ use });
  expect(resolved.ok ? [] : resolved.problems).toMatchObject([
    { path: ['model', 'use'], message: expect.stringContaining(message) },
  ]);
});

test('its parameters are checked like those of any model', async () => {
  const use = await written('checked.mjs', modelSource('tanh'));
  const resolved = taskWith({ use, unit: 3 });
  expect(resolved.ok ? [] : resolved.problems).toMatchObject([
    { path: ['model', 'unit'], next: 'did you mean "units"?' },
  ]);
});

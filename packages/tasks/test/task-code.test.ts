import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Code, codeReader, datasets, models, resolveTask, targets, taskCode } from '../src/index.js';

const packages = join(import.meta.dirname, '../..');
const copied = ['contract', 'numerics', 'onnx', 'tfjs-onnx', 'tasks', 'metrics'];
const folder = mkdtempSync(join(tmpdir(), 'task-code-'));
const scope = join(folder, 'node_modules/@attribution-bench');
for (const name of copied)
  for (const part of ['dist', 'package.json'])
    cpSync(join(packages, name, part), join(scope, name, part), {
      recursive: true,
      filter: (file) => !/\.(map|d\.ts|tsbuildinfo)$/.test(file),
    });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Example {
  readonly kind: string;
  readonly model: string;
  readonly target: string;
  readonly optimizer: string;
  readonly layer: readonly string[];
}

/** Tasks that between them leave out each kind of choice. */
const examples: Readonly<Record<string, Example>> = {
  perceptron: {
    kind: 'classifier',
    model: 'mlp',
    target: 'margin',
    optimizer: 'sgd',
    layer: ['dense'],
  },
  convolutions: {
    kind: 'classifier',
    model: 'cnn',
    target: 'neg-loss',
    optimizer: 'adam',
    layer: ['conv2d', 'dense'],
  },
  diffusion: {
    kind: 'generator',
    model: 'ddpm-mlp',
    target: 'neg-denoising-loss',
    optimizer: 'adam',
    layer: ['dense'],
  },
};

/** What trains the models of an example, in the copy. */
function trainingOf({ kind, model, target, optimizer, layer }: Example): Code {
  const self = { name: '@attribution-bench/tasks', folder: join(scope, 'tasks') };
  return codeReader().read({
    entry: join(self.folder, 'dist/index.js'),
    self,
    names: ['openTask'],
    used: {
      kind: [kind],
      model: [model],
      target: [target],
      optimizer: [optimizer],
      layer,
      part: ['model', 'target'],
      origin: [],
      service: [],
    },
  });
}

/** Changes a file of the copy while `look` looks at it. */
function changed<T>(file: string, change: (text: string) => string, look: () => T): T {
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  try {
    return look();
  } finally {
    writeFileSync(file, before);
  }
}

const addsCode = (text: string): string => `${text}\nconst somethingElse = 1;\n`;
const changedAll = <T>(files: readonly string[], look: () => T): T =>
  files.reduceRight<() => T>((inner, file) => () => changed(join(scope, 'tasks/dist', file), addsCode, inner), look)();
const filesOf = (name: string): string[] =>
  readdirSync(join(scope, name, 'dist'), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.js'))
    .map((file) => file.replaceAll('\\', '/'));

/** Modules of tasks that are used by the examples and by no others, each with those whose models depend on it. */
const used: readonly [string, readonly (keyof typeof examples)[]][] = [
  ['nn/layers/dense', ['perceptron', 'convolutions', 'diffusion']],
  ['nn/layers/conv2d', ['convolutions']],
  ['nn/layers/batch-norm', []],
  ['nn/layers/norm', []],
  ['nn/layers/dropout', []],
  ['nn/layers/depthwise-conv2d', []],
  ['nn/interpreters/apply', ['perceptron', 'convolutions', 'diffusion']],
  ['nn/functions/self-attention', []],
  ['training/optimizers/sgd', ['perceptron']],
  ['training/optimizers/adam', ['convolutions', 'diffusion']],
  ['training/trainer', ['perceptron', 'convolutions', 'diffusion']],
  ['training/replay', []],
  ['models/mlp', ['perceptron']],
  ['models/cnn', ['convolutions']],
  ['models/resnet9', []],
  ['models/ddpm-unet', []],
  ['own-parts', []],
  ['code/authored-module', []],
  ['data/digits', []],
  ['targets/margin', ['perceptron']],
  ['targets/neg-loss', ['convolutions']],
  ['targets/neg-denoising-loss', ['diffusion']],
  ['targets/cross-entropy', ['perceptron', 'convolutions']],
  ['classifier/classifier', ['perceptron', 'convolutions']],
  ['generator/generator', ['diffusion']],
  ['passes/outputs', ['perceptron', 'convolutions', 'diffusion']],
  ['passes/curvature', []],
  ['features/onnx-features', []],
  ['code/code-walk', []],
  ['export/portable-task', []],
];

describe('the models of a task are keyed by the code that it uses', () => {
  test.each(used)('%s', (module, users) => {
    const file = join(scope, 'tasks/dist', `${module}.js`);
    const hashes = () => Object.entries(examples).map(([name, example]) => [name, trainingOf(example).hash] as const);
    const before = new Map(hashes());
    const after = changed(file, addsCode, hashes);
    expect(after.filter(([name, hash]) => hash !== before.get(name)).map(([name]) => name)).toEqual(users);
  });

  test('files of tasks that it does not list change no key, and each that it lists changes that entry alone', () => {
    const tried = new Set<string>();
    for (const example of Object.values(examples)) {
      const { hash, parts } = trainingOf(example);
      const partOf = (file: string) => (file === 'index.js' ? 'tasks/entry' : `tasks/${file.slice(0, -3)}`);
      const others = filesOf('tasks').filter((file) => parts[partOf(file)] === undefined);
      expect(others.length).toBeGreaterThan(40);
      expect(changedAll(others, () => trainingOf(example).hash)).toBe(hash);
      for (const file of filesOf('tasks')) {
        const part = partOf(file);
        if (parts[part] === undefined || tried.has(part)) continue;
        tried.add(part);
        const after = changedAll([file], () => trainingOf(example));
        expect(Object.keys(after.parts).filter((name) => after.parts[name] !== parts[name])).toEqual([part]);
        expect(after.hash).not.toBe(hash);
      }
    }
    expect(tried.size).toBeGreaterThan(60);
  }, 120_000);

  test('methods ask more of a task than its targets, and a network that is not known yet may have every layer', () => {
    const targetsOnly = Object.keys(taskCode(spec('mlp'), { layers: ['dense'] }).parts);
    const explained = Object.keys(taskCode(spec('mlp'), { layers: ['dense'], explains: true }).parts);
    const undescribed = Object.keys(taskCode(spec('mlp'), {}).parts);
    expect(explained).toEqual(
      expect.arrayContaining([...targetsOnly, 'tasks/passes/curvature', 'tasks/training/replay']),
    );
    expect(undescribed).toEqual(expect.arrayContaining([...targetsOnly, 'tasks/nn/layers/conv2d']));
    expect(targetsOnly).not.toContain('tasks/nn/layers/conv2d');
  });

  test('comments and layout do not count, and neither does another entry of a registry', () => {
    const registry = join(scope, 'tasks/dist/models/models.js');
    const before = trainingOf(examples.perceptron).hash;
    const looks: ((text: string) => string)[] = [
      (text) => `/* another */${text.replaceAll('\n', '\r\n')}`,
      (text) => text.replace("'ddpm-mlp': ddpmMlp", "'another-mlp': ddpmMlp"),
      (text) => text.replace('    logistic,\n', '').replace(/import \{ logistic .*\n/, ''),
    ];
    for (const look of looks)
      expect(
        changed(registry, look, () => trainingOf(examples.perceptron).hash),
        String(look),
      ).toBe(before);
    const another = (text: string) => text.replace('    mlp,', '    mlp: cnn,');
    expect(changed(registry, another, () => trainingOf(examples.perceptron).hash)).not.toBe(before);
  });

  test('what is not declared as a choice counts for every task', () => {
    const file = join(scope, 'tasks/dist/nn/interpreters/apply.js');
    const undeclared = (text: string) => text.replace("choices('layer', ", 'Object.freeze(');
    const { parts } = changed(file, undeclared, () => trainingOf(examples.perceptron));
    expect(Object.keys(parts)).toContain('tasks/nn/layers/batch-norm');
  });
});

function spec(model: string) {
  const resolved = resolveTask({ id: 'task', data: 'digits', model }, 0);
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems));
  return resolved.spec;
}

test('registries name their entries by the ids that those have', () => {
  for (const registry of [datasets, models, targets])
    expect(Object.values(registry).map(({ id }) => id)).toEqual(Object.keys(registry));
});

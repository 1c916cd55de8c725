import { canonicalJson } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import { datasets, models, resolveTask, targets } from '../src/index.js';
import { specOf } from './support/tasks.js';

const problems = (raw: unknown) => {
  const resolved = resolveTask(raw, 7);
  return resolved.ok
    ? []
    : resolved.problems.map(({ path, message, next }) => `${path.join('.')}: ${message} | ${next}`);
};

test('names and defaults are filled in, and the result is canonical JSON', () => {
  const spec = specOf({ data: 'digits', model: 'mlp' });
  expect(spec).toEqual({
    id: 'test',
    kind: 'classifier',
    seed: 7,
    data: { use: 'digits', train: 900, flipLabels: 0, classes: [] },
    model: { use: 'mlp', hidden: [32], activation: 'relu', dropout: 0 },
    training: {
      epochs: 20,
      batch: 64,
      optimizer: 'sgd',
      lr: 0.1,
      momentum: 0.9,
      weightDecay: 0,
      schedule: 'cosine',
      warmup: 0,
    },
    target: { use: 'margin' },
    queries: { heldout: 100, generated: 0 },
  });
  expect(JSON.parse(canonicalJson({ ...spec }))).toEqual(spec);
});

test('a recipe holds what its optimiser uses and refuses what it does not', () => {
  const { training } = specOf({ data: 'digits', model: { use: 'mlp', optimizer: 'adam', beta1: 0.95 } });
  expect(training.beta1).toBe(0.95);
  expect(training).not.toHaveProperty('momentum');
  expect(problems({ id: 'a', data: 'digits', model: { use: 'mlp', optimizer: 'adam', momentum: 0.9 } })).toEqual([
    'model.momentum: adam has no momentum | it takes beta1, beta2',
  ]);
});

test.each([
  [7, ': a task is a mapping with id, data, model | undefined'],
  [{ id: 'a', data: 'digits', model: 'mpl' }, 'model: model "mpl" is not known | did you mean "mlp"?'],
  [{ id: 'a', data: 'digits' }, ': a task needs "model" | known: '],
  [{ id: 'a', data: { train: 3 }, model: 'mlp' }, 'data: "data" needs "use" | known: digits'],
  [{ data: 'digits', model: 'mlp' }, ': a task needs an "id"'],
  [
    { id: 'a b', data: 'digits', model: 'mlp' },
    'id: expected letters, digits, dots, dashes and underscores, the first a letter or digit',
  ],
  [
    { id: 'a', data: { use: 'digits', trian: 3 }, model: 'mlp' },
    'data.trian: unknown key "trian" | did you mean "train"?',
  ],
  [{ id: 'a', data: { use: 'digits', train: 0.5 }, model: 'mlp' }, 'data.train: expected a whole number, found 0.5'],
  [{ id: 'a', data: 'digits', model: { use: 'mlp', hidden: 32 } }, 'model.hidden: expected a list, found 32'],
  [{ id: 'a', data: 'digits', model: 'mlp', target: 'magrin' }, 'did you mean "margin"?'],
  [
    { id: 'a', data: 'digits', model: 'mlp', targte: 'margin' },
    'targte: unknown key "targte" | did you mean "target"?',
  ],
  [{ id: 'a', data: 'digits', model: 'mlp', kind: 'generator' }, 'kind: mlp is a classifier model'],
  [{ id: 'a', data: { use: 'digits', classes: [3] }, model: 'mlp' }, 'data.classes: a classifier needs at least two'],
  [{ id: 'a', data: { use: 'digits', classes: [3, 3] }, model: 'mlp' }, 'data.classes: names 3 twice'],
  [{ id: 'a', data: 'digits', model: 'mlp', queries: { heldout: 3 } }, 'queries: is for generators | set data.queries'],
])('%o is refused: %s', (raw, message) => {
  expect(problems(raw).join('\n')).toContain(message);
});

test('every problem is reported at once', () => {
  expect(problems({ id: '', data: 'x', model: 'y', target: 'z', what: 1 })).toHaveLength(5);
});

test('everything that can be named describes itself', () => {
  for (const [id, declared] of Object.entries({ ...datasets, ...models, ...targets })) {
    expect(declared.id).toBe(id);
    expect(declared.title).not.toBe('');
    for (const param of Object.values(declared.params)) expect(param.help).not.toBe('');
  }
});

import { expect, test } from 'vitest';
import { dataKey, resolveTask } from '../src/index.js';
import { dataOf, specOf } from './support/tasks.js';

const spec = (data: Record<string, unknown> = {}) =>
  specOf({ data: { use: 'digits', train: 100, queries: 40, ...data }, model: 'logistic' });
const count = (marks: Int32Array) => marks.reduce((sum, mark) => sum + mark, 0);

test('a task without plants has the key and the data that it had', async () => {
  expect(Object.keys(spec().data).sort()).toEqual(['classes', 'flipLabels', 'train', 'use']);
  expect(dataKey(spec({ mergeClasses: undefined }))).toBe(dataKey(spec()));
  expect((await dataOf(spec())).marks).toBeUndefined();
});

test('classes are merged for training and explanation, and what they were is kept', async () => {
  const merged = [0, 1, 0, 1, 0, 1, 0, 1, 0, 2];
  const [plain, data] = [await dataOf(spec()), await dataOf(spec({ mergeClasses: merged }))];
  expect(data.classes).toBe(3);
  expect(data.inputs).toEqual(plain.inputs);
  expect(data.marks).toEqual({ subclasses: { train: plain.labels, queries: plain.queryLabels } });
  expect(data.labels).toEqual(plain.labels.map((label) => merged[label]));
  await expect(dataOf(spec({ mergeClasses: [0, 1] }))).rejects.toThrow('2 numbers for 10 classes');
  await expect(dataOf(spec({ mergeClasses: [0, 2, 0, 2, 0, 2, 0, 2, 0, 2] }))).rejects.toThrow('no class 1');
});

test('a shortcut stands on some images of its class and on queries of others, explained as that class', async () => {
  const shortcut = { class: '4', share: 0.5, queryShare: 0.25, side: 0.25, value: 7 };
  const [plain, data] = [await dataOf(spec()), await dataOf(spec({ shortcut }))];
  const marks = data.marks?.shortcut;
  if (marks === undefined) throw new Error('no marks');
  const corner = [0, 1, 8, 9];
  for (const [inputs, before, of, labels, isOwn] of [
    [data.inputs, plain.inputs, marks.train, plain.labels, true],
    [data.queryInputs, plain.queryInputs, marks.queries, plain.queryLabels, false],
  ] as const)
    for (const [point, mark] of of.entries()) {
      if (mark === 1) expect(labels[point] === 4).toBe(isOwn);
      const row = before.slice(64 * point, 64 * point + 64);
      if (mark === 1) for (const pixel of corner) row[pixel] = 7;
      expect(inputs.slice(64 * point, 64 * point + 64)).toEqual(row);
    }
  expect(count(marks.train)).toBe(Math.round(0.5 * plain.labels.filter((label) => label === 4).length));
  expect(data.queryLabels).toEqual(plain.queryLabels.map((label, query) => (marks.queries[query] === 1 ? 4 : label)));
  expect(data.labels).toEqual(plain.labels);
  await expect(dataOf(spec({ shortcut: { class: 'four' } }))).rejects.toThrow('"four", which is not a class');
});

test('points of another dataset take the places of some, all with one label', async () => {
  const mixed = { use: 'synthetic', label: '3', share: 0.1, queryShare: 0.5 };
  const [plain, data] = [await dataOf(spec()), await dataOf(spec({ mixed }))];
  const marks = data.marks?.mixed;
  if (marks === undefined) throw new Error('no marks');
  expect([count(marks.train), count(marks.queries)]).toEqual([10, 20]);
  for (const [point, mark] of marks.train.entries()) {
    expect(data.ids[point].startsWith('synthetic:')).toBe(mark === 1);
    expect(data.labels[point]).toBe(mark === 1 ? 3 : plain.labels[point]);
    const [now, before] = [data, plain].map(({ inputs }) => inputs.slice(64 * point, 64 * point + 64).join());
    expect(now === before).toBe(mark === 0);
  }
  expect(new Set(data.ids).size).toBe(100);
  expect(await dataOf(spec({ mixed }))).toEqual(data);
  await expect(dataOf(spec({ mixed: { use: 'synthetic', label: 'x' } }))).rejects.toThrow('not a class of the task');
});

test('plants that cannot be are refused where the grid is read', () => {
  const problems = (data: Record<string, unknown>, model: unknown = 'logistic') => {
    const resolved = resolveTask({ id: 'test', data: { use: 'digits', ...data }, model }, 7);
    return resolved.ok ? [] : resolved.problems.map(({ message }) => message);
  };
  const mergeClasses = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
  expect(problems({ mergeClasses, flipLabels: 0.1 })).toEqual(['cannot be there beside flipLabels']);
  expect(problems({ mergeClasses, shortcut: { class: '1' } })).toEqual(['cannot be there beside shortcut']);
  expect(problems({ mergeClasses }, { use: 'ddpm-mlp', hidden: [8] })).toEqual(['is for classifiers']);
  expect(problems({ mixed: { use: 'digits', label: '1' } })).toEqual(['is digits, which the other points are of']);
  expect(problems({ mixed: { use: 'arrays', label: '1' } })).toEqual(['"arrays" is not known']);
  expect(problems({ mixed: { use: 'synthetic' } })[0]).toContain('"label" is required');
});

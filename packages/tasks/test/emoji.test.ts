import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { emojiClasses } from '../src/data/emoji.js';
import { datasets, prepareData } from '../src/index.js';
import { dataOf, specOf } from './support/tasks.js';

const shipped = (name: string) => readFileSync(new URL(`../data/${name}`, import.meta.url));
const emoji = (data: Record<string, unknown> = {}) => specOf({ data: { use: 'emoji', ...data }, model: 'logistic' });

test('the shipped emoji are the file that their description names, with the attribution that their licence asks for', async () => {
  const found = createHash('sha256').update(shipped('emoji.npz')).digest('hex');
  expect(shipped('README.md').toString()).toContain(found);
  expect(shipped('emoji.LICENSE.txt').toString()).toMatch(/Twitter, Inc.*CC BY 4\.0.*Changes:/s);
  const { train, classNames, inputShape } = await datasets.emoji.load(
    {},
    { cacheFolder: '', offline: true, log() {} },
    0,
    'classifier',
  );
  const counts = (numbers: ArrayLike<number>) => {
    const found = new Map<number, number>();
    for (const number of Array.from(numbers)) found.set(number, (found.get(number) ?? 0) + 1);
    return found;
  };
  expect(inputShape).toEqual([32, 32, 3]);
  expect(classNames).toEqual(emojiClasses);
  const byClass = counts(train.labels);
  expect(emojiClasses.map((_, label) => byClass.get(label))).toEqual([169, 2234, 159, 131, 218, 85, 264, 224, 263]);
  const groups = train.groups ?? new Int32Array();
  const sizes = counts([...counts(groups).values()]);
  expect(Object.fromEntries(sizes)).toEqual({ 1: 1550, 5: 1, 6: 309, 26: 13 });
  // Pictures of a group are of one category.
  const categories = new Map(Array.from(groups, (group, row) => [group, train.labels[row]]));
  expect(Array.from(groups, (group) => categories.get(group))).toEqual(Array.from(train.labels));
});

test('whole emoji are chosen, of which queries leave at least one picture to training', async () => {
  const data = await dataOf(emoji({ train: 300, queries: 60 }));
  const { train, queries } = data.marks?.groups ?? { train: new Int32Array(), queries: new Int32Array() };
  const people = Array.from(data.queryLabels.keys()).filter((query) => data.queryLabels[query] === 1);
  expect(people.length).toBeGreaterThan(30);
  expect(people.every((query) => train.includes(queries[query]))).toBe(true);
  expect(new Set([...data.ids, ...data.queryIds]).size).toBe(360);
  // Near-duplicates: the nearest training point of a query by its pixels is mostly of its group.
  const dims = 32 * 32 * 3;
  const nearest = people.map((query) => {
    const own = data.queryInputs.subarray(query * dims, (query + 1) * dims);
    const distances = data.ids.map((_, point) => {
      const other = data.inputs.subarray(point * dims, (point + 1) * dims);
      return own.reduce((sum, value, at) => sum + (value - other[at]) ** 2, 0);
    });
    return train[distances.indexOf(Math.min(...distances))];
  });
  expect(nearest.filter((group, at) => group === queries[people[at]]).length).toBeGreaterThan(0.8 * people.length);
  expect((await dataOf(emoji({ train: 300, queries: 60 }))).ids).toEqual(data.ids);
});

test('data without groups cannot be chosen by them', async () => {
  const spec = specOf({ data: { use: 'digits', choose: 'groups' }, model: 'logistic' });
  await expect(prepareData(spec, { cacheFolder: '', log() {} })).rejects.toThrow(
    expect.objectContaining({ code: 'GROUPS_MISSING', message: 'has no groups to choose points by' }),
  );
});

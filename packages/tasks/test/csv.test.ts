import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveTask } from '../src/index.js';
import { dataOf, specOf } from './support/tasks.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'csv-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (text: string, name = 'table.csv') => {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
};
const houses = 'price,size,city\n100,1,Bern\n200,2,"Basel, Stadt"\n300,3,Bern\n500,5,"The ""Hague"""\n';
/** The first three rows are trained on, the fourth is the query. */
const dataFor = async (text: string, data: object = {}, model = 'linear') =>
  dataOf(
    specOf({
      data: { use: 'csv', path: await put(text), label: 'price', choose: 'first', train: 3, queries: 1, ...data },
      model,
    }),
  );
const rounded = (values: Iterable<number> | undefined) => Array.from(values ?? [], (value) => Number(value.toFixed(4)));

test('numbers are standardised by the training points, categories become a number each, and quotes are read', async () => {
  const data = await dataFor(`\uFEFF${houses}`, { categorical: ['city'], unseen: 'zeros' });
  const deviation = Math.sqrt(2 / 3);
  expect(data.inputShape).toEqual([3]);
  expect(rounded(data.inputs)).toEqual(rounded([-1 / deviation, 0, 1, 0, 1, 0, 1 / deviation, 0, 1]));
  expect(rounded(data.queryInputs)).toEqual(rounded([3 / deviation, 0, 0]));
  expect(rounded(data.responses?.train)).toEqual(rounded([-1 / deviation, 0, 1 / deviation]));
  expect(rounded(data.responses?.queries)).toEqual(rounded([3 / deviation]));
  expect(data.queryIds).toEqual(['train/3']);
  const plain = await dataFor(houses, { ignore: ['city'], standardise: false });
  expect([plain.inputs, plain.responses?.queries].map((values) => rounded(values))).toEqual([[1, 2, 3], [500]]);
});

test.each([
  ['mean', [1, 2, 3], 3],
  ['median', [1, 2, 2], 2],
] as const)('missing cells are filled with the %s of the training points alone', async (missing, [a, b, c], filled) => {
  const text = `price,size\n1,${a}\n2,${missing === 'mean' ? 6 : b}\n3,${missing === 'mean' ? 2 : c}\n4,?\n5,100\n`;
  const data = await dataFor(text, { missing, standardise: false, queries: 1 });
  expect(rounded(data.queryInputs)).toEqual([filled]);
});

test('the most frequent category fills a missing one; a dropped row is no point, and the others keep their numbers', async () => {
  const text = 'price,city\n1,Bern\n2,Basel\n3,Bern\n4,NA\n5,Basel\n';
  const filled = await dataFor(text, { categorical: ['city'], missing: 'mean' });
  expect(rounded(filled.queryInputs)).toEqual([0, 1]);
  const dropped = await dataFor(text, { categorical: ['city'], missing: 'drop' });
  expect([dropped.queryIds, rounded(dropped.queryInputs)]).toEqual([['train/4'], [1, 0]]);
});

test('a file of held-out rows is read by the names of its columns, and classes keep their own text', async () => {
  const path = await put('kind;x\nb;1\na;2\nb;3\n');
  const heldout = await put('x;more;kind\n9;1;a\n8;1;b\n', 'test.csv');
  const spec = specOf({
    data: {
      use: 'csv',
      path,
      test: heldout,
      label: 'kind',
      delimiter: 'semicolon',
      train: 3,
      queries: 2,
      standardise: false,
    },
    model: 'logistic',
  });
  const data = await dataOf(spec);
  expect([...data.labels, ...data.queryLabels]).toEqual([1, 0, 1, 0, 1]);
  expect(rounded(data.queryInputs)).toEqual([9, 8]);
  expect([data.classes, data.responses, data.queryIds]).toEqual([2, undefined, ['test/0', 'test/1']]);
});

test.each<[string, string, object, string, RegExp]>([
  [
    'a ragged row',
    'price,size\n1,2\n3\n',
    {},
    'CSV_INVALID',
    /table\.csv:3 has 1 cells, and the header names 2 columns/,
  ],
  [
    'text among numbers',
    'price,size\n1,2\n3,big\n',
    {},
    'CSV_INVALID',
    /:3, column "size" holds "big", which is not a number, .*categorical/,
  ],
  [
    'a missing value',
    'price,size\n1,2\n3,\n',
    {},
    'CSV_MISSING',
    /:3, column "size" has no value, .*drop, mean or median/,
  ],
  ['a missing label', 'price,size\n1,2\nNA,4\n', { missing: 'mean' }, 'CSV_MISSING', /:3, column "price" has no value/],
  [
    'a column that is not there',
    'prices,size\n1,2\n',
    {},
    'CSV_COLUMN',
    /no column "price"; data\.label names it, did you mean "?prices/,
  ],
  [
    'a category that is not there',
    houses,
    { categorical: ['city'] },
    'CSV_UNSEEN',
    /:5, column "city" holds .*Hague.*, which no training point has/,
  ],
  ['quotes that do not close', 'price,size\n1,"2\n3,4\n', {}, 'CSV_INVALID', /ends within quotes/],
  ['a stray quote', 'price,size\n1,2"3\n', {}, 'CSV_INVALID', /:2 has a quote within a cell/],
  ['a header without names', 'price,\n1,2\n', {}, 'CSV_INVALID', /no name for column 2/],
  ['a name twice', 'price,price\n1,2\n', {}, 'CSV_INVALID', /names the column "price" twice/],
  ['another delimiter', 'price;size\n1;2\n', {}, 'CSV_INVALID', /set data\.delimiter to semicolon/],
  ['nothing', '', {}, 'CSV_INVALID', /is empty/],
  ['too few rows', 'price,size\n1,2\n', {}, 'DATA_TOO_FEW', /has 1 points to choose from/],
])('%s is one clear error', async (_name, text, data, code, line) => {
  const error = await dataFor(text, data).catch((thrown) => thrown);
  expect(error.code).toBe(code);
  expect(error.line).toMatch(line);
  expect(error.line).not.toContain('\n');
});

test('a file that is not there, and an enormous row', async () => {
  const missing = specOf({ data: { use: 'csv', path: join(folder, 'no.csv'), label: 'y', train: 2 }, model: 'linear' });
  await expect(dataOf(missing)).rejects.toMatchObject({ code: 'DATA_MISSING' });
  await expect(dataFor(`price,size\n1,${'9'.repeat(2_000_000)}\n`)).rejects.toMatchObject({ code: 'CSV_INVALID' });
});

test('the shipped table: 333 whole rows, for a regressor or a classifier', async () => {
  const whole = { use: 'penguins', train: 233, queries: 100 };
  const regression = await dataOf(specOf({ data: whole, model: 'linear' }));
  expect([regression.inputShape, regression.ids.length + regression.queryIds.length]).toEqual([[11], 333]);
  const classes = await dataOf(specOf({ data: whole, model: 'logistic' }));
  expect([classes.inputShape, classes.classes]).toEqual([[9], 3]);
});

test.each([
  [
    { data: { use: 'digits' }, model: 'linear' },
    /digits has points for a classifier or a generator, and linear is a regressor/,
  ],
  [{ data: { use: 'penguins', flipLabels: 0.1 }, model: 'linear' }, /a regressor does not see classes/],
  [{ data: { use: 'penguins', classes: ['Adelie'] }, model: 'linear' }, /the points of a regressor have no classes/],
  [{ data: { use: 'penguins', mergeClasses: [0] }, model: 'linear' }, /is for classifiers/],
  [
    { data: 'penguins', model: 'linear', target: 'margin' },
    /margin is a target of a classifier, the model is a regressor/,
  ],
])('what asks for classes is refused where there are none: %j', (raw, message) => {
  const resolved = resolveTask({ id: 'test', ...raw }, 0);
  expect(resolved.ok ? [] : resolved.problems.map((problem) => problem.message)).toContainEqual(
    expect.stringMatching(message),
  );
});

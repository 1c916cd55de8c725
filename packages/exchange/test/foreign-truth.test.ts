import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { expect, test } from 'vitest';
import { type Changes, halves, losses, npy, publishedTruth, sizes } from '../../../test/fixtures/foreign-truth.js';
import { foreignDigest, readForeignTruth, writeForeignTruth } from '../src/index.js';

const { subsets, train, queries } = sizes;
const folderOf = (name: string) => join(mkdtempSync(join(tmpdir(), 'foreign-truth-')), name);
const kept = halves();
const row = (subset: number) =>
  Array.from({ length: train }, (_, point) => point).filter((p) => kept[subset * train + p]);

test('masks become the points that are kept, and losses outputs of which more is more', async () => {
  const truth = await readForeignTruth(publishedTruth(folderOf('truth')));
  expect(truth.members.map((points) => [...points])).toEqual(Array.from({ length: subsets }, (_, i) => row(i)));
  expect(truth.outputs).toEqual(losses(kept, 1).map((loss) => -loss));
});

test('one truth published in four forms is one truth', async () => {
  const outputs = Float32Array.from(losses(kept, 1), (loss) => -loss);
  const leftOut = kept.map((mark) => 1 - mark);
  const listed = Int32Array.from(Array.from({ length: subsets }, (_, i) => [...row(i).reverse(), -1]).flat());
  const forms: Changes[] = [
    {},
    { outputs: { descr: '<f4', shape: [subsets, queries], data: outputs }, truth: { outputs: { sign: 'higher' } } },
    {
      masks: { descr: '|u1', shape: [subsets, train], data: leftOut },
      truth: { subsets: { marks: 'left-out' } },
    },
    {
      masks: { descr: '<i4', shape: [subsets, train / 2 + 1], data: listed },
      truth: { subsets: { form: 'indices' } },
    },
  ];
  const digests: string[] = [];
  for (const form of forms)
    digests.push(foreignDigest(await readForeignTruth(publishedTruth(folderOf('truth'), form))));
  expect(new Set(digests).size).toBe(1);
});

test('what is written has the same bytes after it was read and written again', async () => {
  const uneven = kept.slice();
  uneven[0] = uneven[0] === 1 ? 0 : 1;
  uneven[1] = uneven[1] === 1 ? 0 : 1;
  uneven[2] = uneven[0];
  const singles = Float64Array.from(losses(kept, 2));
  const cases: Changes[] = [
    {},
    {
      masks: { descr: '|u1', shape: [subsets, train], data: uneven },
      outputs: { descr: '<f8', shape: [subsets, 2, queries], data: singles },
      truth: {
        subsets: { marks: 'left-out', fraction: null },
        outputs: { seeds: 2, single: true },
        train: { count: train, ids: Array.from({ length: train }, (_, i) => `point ${i}`) },
      },
    },
  ];
  for (const changes of cases) {
    const [first, second] = [folderOf('first'), folderOf('second')];
    const truth = await readForeignTruth(publishedTruth(folderOf('truth'), changes));
    await writeForeignTruth(first, truth);
    const again = await readForeignTruth(first);
    expect(foreignDigest(again)).toBe(foreignDigest(truth));
    await writeForeignTruth(second, again);
    for (const file of ['truth.json', 'masks.npy', 'outputs.npy'])
      expect(readFileSync(join(second, file)).equals(readFileSync(join(first, file)))).toBe(true);
  }
});

const changedRow = (change: (mask: Uint8Array) => void): Changes => {
  const masks = kept.slice();
  change(masks);
  return { masks: { descr: '|u1', shape: [subsets, train], data: masks } };
};
const withOutputs = (change: (values: Float32Array) => void): Changes => {
  const data = losses(kept, 1);
  change(data);
  return { outputs: { descr: '<f4', shape: [subsets, queries], data } };
};
const listOf = (first: readonly number[]): Changes => ({
  masks: {
    descr: '<i4',
    shape: [subsets, 6],
    data: Int32Array.from([...first, ...Array.from({ length: subsets - 1 }, (_, i) => row(i + 1)).flat()]),
  },
  truth: { subsets: { form: 'indices', fraction: null } },
});

const hostile: readonly [string, Changes, string][] = [
  ['a mask with a 2', changedRow((masks) => masks.fill(2, 3, 4)), 'subset 0 has 2 in its mask'],
  [
    'a subset without points',
    { ...changedRow((masks) => masks.fill(0, 0, train)) },
    'subset 0 keeps no training point',
  ],
  ['NaN', withOutputs((values) => values.fill(Number.NaN, 7, 8)), 'has the output NaN at subset 1, query 2'],
  ['an infinity', withOutputs((values) => values.fill(Infinity, 0, 1)), 'has the output Infinity at subset 0, query 0'],
  [
    'outputs of other subsets',
    { outputs: { descr: '<f4', shape: [subsets - 1, queries], data: new Float32Array((subsets - 1) * queries) } },
    'has the shape [23 × 5], and truth.json says [24 × 5]',
  ],
  [
    'masks of other points',
    { masks: { descr: '|u1', shape: [subsets, 2], data: new Uint8Array(2 * subsets).fill(1) } },
    'has the shape [24 × 2], and truth.json says [24 × 12]',
  ],
  [
    'means that are called single',
    { truth: { outputs: { single: true } } },
    'has the shape [24 × 5], and truth.json says [24 × 5 × 5]',
  ],
  [
    'another share',
    { truth: { subsets: { fraction: 0.9 } } },
    'keeps 6 of 12 points, and truth.json says a share of 0.9',
  ],
  ['a point named twice', listOf([0, 0, 1, 2, 3, 4]), 'subset 0 names point 0 twice'],
  ['a point beyond the last', listOf([0, 1, 2, 3, 4, 12]), 'subset 0 names point 12 of 12'],
  ['a point before the first', listOf([0, 1, 2, 3, 4, -2]), 'subset 0 names point -2 of 12'],
  ['a list that goes on after its end', listOf([0, -1, 2, 3, 4, 5]), 'subset 0 names point 2 after -1'],
  ['another schema', { truth: { schema: 'bench/foreign-truth@2' } }, '"schema": '],
  ['an unknown mark', { truth: { subsets: { marks: 'maybe' } } }, '"subsets.marks": '],
  ['no licence', { truth: { licence: '' } }, '"licence": '],
  ['a title that moves the cursor', { truth: { title: 'a\u001b[2J' } }, '"title": has control characters'],
  ['a path for a name', { truth: { outputs: { file: '../outputs.npy' } } }, '"outputs.file": is no plain file name'],
  [
    'ids that are too few',
    { truth: { queries: { count: queries, ids: ['a'] } } },
    'has queries.ids that do not name 5 points once each',
  ],
];

test.each(hostile)('refuses %s', async (_name, changes, message) => {
  const read = readForeignTruth(publishedTruth(folderOf('truth'), changes));
  await expect(read).rejects.toMatchObject({ code: 'FOREIGN_INVALID' });
  const error = await read.catch((reason: BenchError) => reason);
  expect(error instanceof BenchError && `${error.place} ${error.message}`).toContain(message);
});

test('refuses files that are not those that truth.json speaks of', async () => {
  const other = publishedTruth(folderOf('truth'));
  const bytes = readFileSync(join(other, 'outputs.npy'));
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(join(other, 'outputs.npy'), bytes);
  await expect(readForeignTruth(other)).rejects.toThrow('has the SHA-256');
  const longer = publishedTruth(folderOf('truth'));
  writeFileSync(join(longer, 'masks.npy'), Buffer.concat([readFileSync(join(longer, 'masks.npy')), Buffer.alloc(1)]));
  await expect(readForeignTruth(longer)).rejects.toThrow('bytes, and truth.json says');
});

test('refuses a header that promises more than there is, before any of it is allocated', async () => {
  const huge = npy({ descr: '<f8', shape: [1_000_000_000, 1_000_000], data: new Float64Array(2) });
  const folder = publishedTruth(folderOf('truth'));
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
  const sha256 = createHash('sha256').update(huge).digest('hex');
  truth.files['outputs.npy'] = { bytes: huge.length, sha256 };
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
  writeFileSync(join(folder, 'outputs.npy'), huge);
  await expect(readForeignTruth(folder)).rejects.toMatchObject({ code: 'NPY_INVALID' });
});

test('refuses a link out of the folder, and follows one inside', async () => {
  const folder = publishedTruth(folderOf('truth'));
  const outside = join(folder, '..', 'elsewhere');
  mkdirSync(outside);
  renameSync(join(folder, 'masks.npy'), join(outside, 'masks.npy'));
  symlinkSync(join(outside, 'masks.npy'), join(folder, 'masks.npy'));
  await expect(readForeignTruth(folder)).rejects.toThrow('is a link out of its folder');
  const inside = publishedTruth(folderOf('truth'));
  renameSync(join(inside, 'masks.npy'), join(inside, 'other.npy'));
  symlinkSync('other.npy', join(inside, 'masks.npy'));
  expect((await readForeignTruth(inside)).members).toHaveLength(subsets);
});

test('says what is missing', async () => {
  await expect(readForeignTruth(folderOf('nothing'))).rejects.toMatchObject({ code: 'FOREIGN_MISSING' });
});

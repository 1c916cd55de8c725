import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BenchError, sizeOf } from '@attribution-bench/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quotas, stratifiedPoints } from '../src/data/choose-points.js';
import { parseDigits } from '../src/data/digits.js';
import { flipLabels } from '../src/data/label-noise.js';
import { dataKey, taskKey } from '../src/index.js';
import { dataOf, runSeed, specOf } from './support/tasks.js';

const digits = (data: Record<string, unknown> = {}, seed = 7) =>
  specOf({ data: { use: 'digits', ...data }, model: 'logistic' }, seed);

test('digits: pixels in [0, 1], all classes, training points and queries apart', async () => {
  const data = await dataOf(digits());
  expect(data.inputs.length).toBe(900 * 64);
  expect(data.queryLabels.length).toBe(100);
  expect(data.inputs.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(new Set([...data.ids, ...data.queryIds]).size).toBe(1000);
  expect(data.inputShape).toEqual([64]);
  const counts = Array.from({ length: 10 }, (_, label) => data.labels.filter((found) => found === label).length);
  for (const count of counts) expect(Math.abs(count - 90)).toBeLessThanOrEqual(3);
});

test('points keep their row of the file, pixels over 16', async () => {
  const rows = gunzipSync(readFileSync(new URL('../data/digits.csv.gz', import.meta.url)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const data = await dataOf(digits({ train: 50, queries: 10 }));
  for (const [point, id] of data.ids.entries()) {
    const row = rows[Number(id.replace('row/', ''))];
    expect(data.labels[point]).toBe(row[64]);
    expect([...data.inputs.slice(point * 64, (point + 1) * 64)]).toEqual(row.slice(0, 64).map((pixel) => pixel / 16));
  }
});

test('the same spec gives the same points, another seed others, a larger choice contains a smaller one', async () => {
  const base = await dataOf(digits({ train: 100 }));
  expect(await dataOf(digits({ train: 100 }))).toEqual(base);
  expect((await dataOf(digits({ train: 100 }, 8))).ids).not.toEqual(base.ids);
  const larger = await dataOf(digits({ train: 200 }));
  expect(larger.queryIds).toEqual(base.queryIds);
  expect(base.ids.filter((id) => !larger.ids.includes(id)).length).toBeLessThanOrEqual(3);
});

test('classes are kept by name and recounted', async () => {
  const data = await dataOf(digits({ classes: [8, 3], train: 60, queries: 6 }));
  expect(data.classes).toBe(2);
  expect(new Set(data.labels)).toEqual(new Set([0, 1]));
  expect(data.queryLabels.filter((label) => label === 0).length).toBe(3);
});

test('label noise changes exactly the fraction asked for, always to another class, and no query', async () => {
  const clean = await dataOf(digits());
  const noisy = await dataOf(digits({ flipLabels: 0.1 }));
  expect(noisy.ids).toEqual(clean.ids);
  expect(noisy.queryLabels).toEqual(clean.queryLabels);
  expect(noisy.flipped.reduce((sum, flag) => sum + flag, 0)).toBe(90);
  for (const [i, flag] of noisy.flipped.entries()) expect(noisy.labels[i] !== clean.labels[i]).toBe(flag === 1);
  expect(clean.flipped.every((flag) => flag === 0)).toBe(true);
});

test('label noise reaches every other class', () => {
  const { labels } = flipLabels(new Int32Array(4000).fill(2), 5, 1, runSeed(0));
  const counts = Array.from({ length: 5 }, (_, label) => labels.filter((found) => found === label).length);
  expect(counts[2]).toBe(0);
  for (const label of [0, 1, 3, 4]) expect(Math.abs(counts[label] - 1000)).toBeLessThan(120);
});

test('the first rows are training points, the next ones queries, and with classes to keep the first of those', async () => {
  const first = await dataOf(digits({ choose: 'first', train: 30, queries: 5 }));
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `row/${from + i}`);
  expect(first.ids).toEqual(range(0, 30));
  expect(first.queryIds).toEqual(range(30, 35));
  const kept = await dataOf(digits({ choose: 'first', train: 4, queries: 2, classes: [0, 1] }));
  expect([...kept.ids, ...kept.queryIds]).toEqual([0, 1, 10, 11, 20, 21].map((row) => `row/${row}`));
  await expect(dataOf(digits({ choose: 'first', train: 1790, queries: 8 }))).rejects.toThrow(
    'not enough for 8 queries',
  );
});

test('normalised points are the same ones, less the mean, over the deviation; a generator has none', async () => {
  const plain = await dataOf(digits({ train: 20, queries: 5 }));
  const scaled = await dataOf(digits({ train: 20, queries: 5, normalise: { mean: 0.3, std: 0.5 } }));
  const expected = (inputs: Float32Array) => Float32Array.from(inputs, (value) => (value - 0.3) / 0.5);
  expect(scaled.ids).toEqual(plain.ids);
  expect(scaled.inputs).toEqual(expected(plain.inputs));
  expect(scaled.queryInputs).toEqual(expected(plain.queryInputs));
  const generator = { data: { use: 'digits', normalise: { mean: 0.3, std: 0.5 } }, model: 'ddpm-mlp', queries: {} };
  expect(() => specOf(generator)).toThrow('a generator is fed pixels from -1 to 1');
});

test('what is left out of the parameters of points is part of no key', () => {
  expect(Object.keys(digits().data)).not.toContain('choose');
  expect(Object.keys(digits().data)).not.toContain('normalise');
  expect(dataKey(digits({ choose: 'first' }))).not.toBe(dataKey(digits()));
});

test('asking for more points than there are says how many there are', async () => {
  await expect(dataOf(digits({ train: 1790, queries: 8 }))).rejects.toThrow('1797');
  await expect(dataOf(digits({ train: 1700, classes: [1, 2], queries: 5 }))).rejects.toBeInstanceOf(BenchError);
  expect((await dataOf(digits({ train: 1697, queries: 100 }))).labels.length).toBe(1697);
});

test('quotas add up and follow the sizes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (sizes, share) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        fc.pre(total > 0);
        const count = Math.floor(share * total);
        const quota = quotas(sizes, count);
        expect(quota.reduce((sum, size) => sum + size, 0)).toBe(count);
        for (const [c, size] of quota.entries()) {
          expect(size).toBeLessThanOrEqual(sizes[c]);
          expect(Math.abs(size - (sizes[c] * count) / total)).toBeLessThan(1);
        }
      },
    ),
  );
});

test('chosen points never overlap, whatever the counts', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer(),
      (train, queries, seed) => {
        const labels = Int32Array.from({ length: 100 }, (_, row) => (row * row) % 3);
        const values = new Float32Array(100);
        const source = {
          inputShape: [1],
          classNames: ['a', 'b', 'c'],
          pixels: false,
          train: { name: 'row', values, scale: 1, labels },
        };
        const chosen = stratifiedPoints(source, [0, 1, 2], { train, queries }, seed, 'test');
        expect(new Set([...chosen.train, ...chosen.queries]).size).toBe(train + queries);
      },
    ),
  );
});

test('keys: the id and the place of files do not count, everything else does', () => {
  const fashion = (data: Record<string, unknown>, id = 'a') =>
    specOf({ id, data: { use: 'fashion-mnist', ...data }, model: 'mlp' });
  const base = fashion({});
  expect(taskKey(fashion({ path: '/elsewhere' }, 'b'), undefined)).toBe(taskKey(base, undefined));
  expect(dataKey(fashion({ path: '/elsewhere' }, 'b'))).toBe(dataKey(base));
  expect(dataKey(fashion({ train: 10 }))).not.toBe(dataKey(base));
  const slower = specOf({ data: { use: 'fashion-mnist' }, model: { use: 'mlp', lr: 0.01 } });
  expect(dataKey(slower)).toBe(dataKey(base));
  expect(taskKey(slower, undefined)).not.toBe(taskKey(base, undefined));
});

test('synthetic points come from one component a class', async () => {
  const data = await dataOf(
    specOf({ data: { use: 'synthetic', train: 300, queries: 30, separation: 5 }, model: 'logistic' }),
  );
  const dims = sizeOf(data.inputShape);
  const mean = (label: number) => {
    const rows = [...data.labels.keys()].filter((row) => data.labels[row] === label);
    return Array.from(
      { length: dims },
      (_, j) => rows.reduce((sum, row) => sum + data.inputs[row * dims + j], 0) / rows.length,
    );
  };
  const means = [0, 1, 2].map(mean);
  const nearest = [...data.queryLabels.keys()].map((row) => {
    const distances = means.map((centre) =>
      centre.reduce((sum, value, j) => sum + (value - data.queryInputs[row * dims + j]) ** 2, 0),
    );
    return distances.indexOf(Math.min(...distances));
  });
  expect(nearest).toEqual([...data.queryLabels]);
});

describe('a damaged digits file is one clear error', () => {
  const good = readFileSync(new URL('../data/digits.csv.gz', import.meta.url));
  const lines = gunzipSync(good).toString().trim().split('\n');
  const parse = (bytes: Uint8Array) => () => parseDigits(bytes, 'digits.csv.gz');
  const edited = (edit: (copy: string[]) => void) => {
    const copy = [...lines];
    edit(copy);
    return gzipSync(copy.join('\n'));
  };
  test.each([
    ['truncated', good.subarray(0, good.length - 100), 'is truncated or not a gzip file'],
    ['a bit flipped', Uint8Array.from(good, (byte, i) => (i === 5000 ? byte ^ 8 : byte)), /truncated|line|rows/],
    ['not gzip', Buffer.from('hello'), 'is truncated or not a gzip file'],
    ['a row short', edited((copy) => copy.pop()), 'has 1796 rows, expected 1797'],
    ['a value short', edited((copy) => copy.splice(3, 1, '1,2,3')), 'line 4 has 3 values, expected 65'],
    ['a bad pixel', edited((copy) => copy.splice(0, 1, copy[0].replace(/^0/, '17'))), 'line 1 has pixel 17'],
    ['a bad label', edited((copy) => copy.splice(9, 1, copy[9].replace(/\d$/, 'x'))), 'line 10 has label NaN'],
  ])('%s', (_name, bytes, message) => {
    expect(parse(bytes)).toThrow(message);
    expect(parse(bytes)).toThrow(BenchError);
  });
});

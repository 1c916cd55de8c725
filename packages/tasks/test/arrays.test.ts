import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeOf } from '@attribution-bench/contract';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { datasets } from '../src/data/datasets.js';
import { openNpy, readPoints } from '../src/data/npy-array.js';
import { rowValues } from './support/row-values.js';
import { dataOf, specOf } from './support/tasks.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arrays-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const prefix = Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1');
  return Buffer.concat([prefix, Buffer.from(padded), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
const floats = (shape: readonly number[], value: (i: number) => number = (i) => i) =>
  npy(
    '<f4',
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
  );
const classes = (...labels: number[]) => npy('<i8', [labels.length], BigInt64Array.from(labels, BigInt));

const said: string[] = [];
const environment = { cacheFolder: '', log: (line: string) => void said.push(line) };
const load = (path: string, more: object = {}) =>
  datasets.arrays.load({ path, scale: 0.5, layout: 'auto', ...more }, environment, 0, 'classifier');
const x = npy('<f4', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
const y = classes(0, 2, 1);
const put = async (files: Readonly<Record<string, Uint8Array>>, name = 'all.npz'): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, zipSync(Object.fromEntries(Object.entries(files).map(([key, data]) => [`${key}.npy`, data]))));
  return file;
};
/** A task on three points a class of an archive. */
const taskOn = (path: string, data: object = {}) =>
  specOf({ data: { use: 'arrays', path, train: 4, queries: 2, ...data }, model: 'logistic' });

test('a folder of .npy files and an .npz archive give the same points and fingerprint', async () => {
  await writeFile(join(folder, 'x_train.npy'), x);
  await writeFile(join(folder, 'y_train.npy'), y);
  const archive = await put({ y_train: y, x_train: x });
  const fromFolder = await load(folder);
  const fromArchive = await load(archive);
  expect(fromFolder.inputShape).toEqual([2]);
  expect(fromFolder.classNames).toEqual(['0', '1', '2']);
  expect([...(await rowValues(fromFolder))]).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
  expect([...(await rowValues(fromArchive))]).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
  const fingerprint = (path: string) => datasets.arrays.fingerprint?.({ path });
  const before = await fingerprint(folder);
  expect(await fingerprint(archive)).toBe(before);
  await mkdir(join(folder, 'deeper'));
  await copyFile(archive, join(folder, 'deeper/other.npz'));
  expect(await fingerprint(join(folder, 'deeper/./other.npz'))).toBe(before);
  expect(await fingerprint(await put({ x_train: x, y_train: classes(0, 1, 2) }))).not.toBe(before);
});

test('groups of points are read where the grid says so, and are then part of the fingerprint', async () => {
  const file = await put({
    x_train: x,
    y_train: y,
    group_train: classes(4, -1, 4),
    x_test: x,
    y_test: y,
    group_test: classes(0, 4, -1),
  });
  expect((await load(file)).train.groups).toBeUndefined();
  const { train, heldout } = await load(file, { groups: true });
  expect([train.groups, heldout?.groups]).toEqual([Int32Array.of(4, -1, 4), Int32Array.of(0, 4, -1)]);
  const fingerprint = (groups?: boolean) =>
    datasets.arrays.fingerprint?.({ path: file, ...(groups === true && { groups }) });
  expect(await fingerprint(true)).not.toBe(await fingerprint());
  const lacking = await put({ x_train: x, y_train: y }, 'lacking.npz');
  await expect(load(lacking, { groups: true })).rejects.toThrow(/has no array group_train: found x_train, y_train/);
  const wrong = await put({ x_train: x, y_train: y, group_train: classes(0, -2, 1) }, 'wrong.npz');
  await expect(load(wrong, { groups: true })).rejects.toThrow('[1] is -2, expected a group from 0, or -1');
});

test.each(['compressed', 'stored'])('what NumPy saves %s is read, in Fortran order too', async (name) => {
  const source = await load(join(import.meta.dirname, `fixtures/npy/${name}.npz`), { scale: 1 });
  expect(source.inputShape).toEqual([2, 3]);
  expect(source.classNames).toEqual(['1', '2']);
  expect([...(await rowValues(source))]).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect([...(await rowValues(source, Int32Array.of(1)))]).toEqual([6, 7, 8, 9, 10, 11]);
});

test('an array longer than the parts it is read in is the same', async () => {
  const file = await put({
    x_train: floats([600, 1000]),
    y_train: classes(...Array.from({ length: 600 }, (_, i) => i % 2)),
  });
  const read = await rowValues(await load(file, { scale: 1 }), Int32Array.of(0, 317, 599));
  expect([read[0], read[999], read[1000], read[1999], read[2999]]).toEqual([0, 999, 317_000, 317_999, 599_999]);
});

test('of whole numbers only the rows that are chosen are looked at, and the file is not read beyond the last of them', async () => {
  const bytes = Buffer.from(
    npy(
      '|u1',
      [200, 3072],
      Uint8Array.from({ length: 200 * 3072 }, (_, i) => i % 251),
    ),
  );
  let read = 0;
  const array = await openNpy({
    place: 'x_train',
    bytes: bytes.length,
    async *parts() {
      for (let at = 0; at < bytes.length; at += 1 << 14) {
        const part = bytes.subarray(at, at + (1 << 14));
        read += part.length;
        yield part;
      }
    },
  });
  const found = new Map<number, number[]>();
  read = 0;
  const rows = Int32Array.of(3, 40, 41);
  await readPoints(array, rows, 1, 'channels-last', (place, point) => void found.set(place, [...point]));
  expect(read).toBeLessThan(43 * 3072 + (1 << 14));
  for (const [place, row] of rows.entries())
    expect(found.get(place)).toEqual(Array.from({ length: 3072 }, (_, i) => (row * 3072 + i) % 251));
});

test('classes are the distinct numbers there are, which is said where they do not count from 0', async () => {
  said.length = 0;
  const source = await load(await put({ x_train: x, y_train: classes(3, 1, 3) }));
  expect(source.classNames).toEqual(['1', '3']);
  expect([...source.train.labels]).toEqual([1, 0, 1]);
  expect(said).toEqual(['y_train holds 2 classes: 1, 3']);
  const six = await put({ x_train: floats([6, 2]), y_train: classes(1, 1, 1, 2, 2, 2) });
  const data = await dataOf(taskOn(six));
  expect(data.classes).toBe(2);
  expect(new Set(data.labels)).toEqual(new Set([0, 1]));
  await expect(dataOf(taskOn(six, { classes: ['1', '3'] }))).rejects.toThrow('names "3" in data.classes');
});

describe('classes that vanish stop the run', () => {
  test('held-out points of a class that training lacks', async () => {
    const file = await put({
      x_train: floats([4, 2]),
      y_train: classes(0, 0, 1, 1),
      x_test: floats([5, 2]),
      y_test: classes(0, 1, 2, 2, 2),
    });
    await expect(dataOf(taskOn(file))).rejects.toMatchObject({
      code: 'CLASS_UNSEEN',
      message: 'has 3 held-out points of class "2" and no training point of it',
    });
    expect((await dataOf(taskOn(file, { classes: ['0', '1'] }))).classes).toBe(2);
  });

  test('one class only, with flipped labels too, which have no other class to become', async () => {
    const file = await put({ x_train: floats([6, 2]), y_train: classes(0, 0, 0, 0, 0, 0) });
    for (const flipLabels of [0, 0.5]) {
      await expect(dataOf(taskOn(file, { flipLabels }))).rejects.toMatchObject({
        code: 'CLASS_ONE',
        message: 'has points of one class only, "0"',
      });
    }
  });
});

describe('numbers that do not fit a 32-bit float are named', () => {
  const y2 = classes(0, 1, 0);
  test.each<[string, Uint8Array, number, string]>([
    ['NaN', floats([3, 2], (i) => (i === 3 ? Number.NaN : i)), 1, 'x_train [1, 1] is NaN'],
    ['infinite', floats([3, 2, 1], (i) => (i === 4 ? -1 / 0 : i)), 1, 'x_train [2, 0, 0] is -Infinity'],
    [
      'too large',
      npy('<f8', [3, 2], Float64Array.of(1, 2, 3, 4, 1e300, 6)),
      1,
      'x_train [2, 0] is 1e+300 and does not fit a 32-bit float, rescale the values before saving them',
    ],
    [
      'too large when scaled',
      x,
      1e39,
      'x_train [0, 0] is 1, times data.scale 1e+39, and does not fit a 32-bit float, lower data.scale',
    ],
  ])('%s', async (_, points, scale, line) => {
    const file = await put({ x_train: points, y_train: y2 });
    await expect(load(file, { scale }).then((source) => rowValues(source))).rejects.toMatchObject({
      code: 'DATA_NOT_FINITE',
      line: expect.stringContaining(line),
    });
  });

  test('unless they fit once scaled', async () => {
    const file = await put({ x_train: npy('<f8', [2, 1], Float64Array.of(1e40, 2e40)), y_train: classes(0, 1) });
    expect([...(await rowValues(await load(file, { scale: 1e-40 })))]).toEqual([1, 2]);
  });
});

describe('images with their channels first', () => {
  const shape = [2, 3, 5, 6];
  const turned = () => put({ x_train: floats(shape), y_train: classes(0, 1) });

  test('are refused with advice, and read when that is said', async () => {
    const file = await turned();
    await expect(load(file)).rejects.toMatchObject({
      message: 'has points of [3, 5, 6], which looks like channels × height × width',
      next: expect.stringContaining('set data.layout to channels-first'),
    });
    const source = await load(file, { layout: 'channels-first', scale: 1 });
    expect(source.inputShape).toEqual([5, 6, 3]);
    const read = await rowValues(source);
    const at = (row: number, column: number, channel: number) => read[90 + (row * 6 + column) * 3 + channel];
    expect([at(0, 0, 0), at(0, 0, 2), at(4, 5, 1)]).toEqual([90, 150, 149]);
    expect((await load(file, { layout: 'channels-last' })).inputShape).toEqual([3, 5, 6]);
  });

  test('are nothing else than what has channels', async () => {
    const file = await put({ x_train: floats([2, 8, 8, 3]), y_train: classes(0, 1) });
    expect((await load(file)).inputShape).toEqual([8, 8, 3]);
    const flat = await put({ x_train: x, y_train: y });
    await expect(load(flat, { layout: 'channels-first' })).rejects.toThrow('which have no channels');
  });
});

describe('refused with the file and the reason', () => {
  test.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    ['a truncated array', { x_train: x.subarray(0, x.length - 1), y_train: y }, 'holds 23 bytes of data, expected 24'],
    ['not an array', { x_train: Buffer.from('hello'), y_train: y }, 'is not a NumPy file'],
    ['labels of another length', { x_train: x, y_train: classes(0, 1) }, 'has shape [2], expected [3]'],
    ['a label that is no class', { x_train: x, y_train: npy('<f8', [3], Float64Array.of(0, 1.5, 2)) }, '[1] is 1.5'],
    ['an element type that is not read', { x_train: npy('<c8', [3, 1], new Float32Array(6)), y_train: y }, 'type <c8'],
    ['points without numbers', { x_train: floats([3, 0]), y_train: y }, 'has shape [3, 0]: there is no number in it'],
    ['no points', { x_train: floats([0, 3]), y_train: classes() }, 'has shape [0, 3]: there is no number in it'],
    ['points without a shape', { x_train: floats([3]), y_train: y }, 'has shape [3], expected [points, …]'],
    ['an array that is missing', { x_train: x, labels: y }, 'has no array y_train: found x_train, labels'],
    [
      'held-out points without classes',
      { x_train: x, y_train: y, x_test: x },
      'has no array y_test: found x_train, y_train',
    ],
    ['arrays by no name', { arr_0: x, arr_1: y }, 'has no array x_train: found arr_0, arr_1'],
    ['no arrays', {}, 'has no array x_train: no array was found'],
    [
      'held-out points by another name',
      { x_train: x, y_train: y, x_val: x, y_val: y },
      'has the array x_val, which is not read',
    ],
    ['an array by another case', { X_train: x, y_train: y }, 'has the array X_train, which is not read'],
    [
      'classes without points',
      { x_train: x, y_train: y, y_test: y },
      'has y_test without x_test: found x_train, y_train, y_test',
    ],
    [
      'held-out points of another shape',
      { x_train: x, y_train: y, x_test: floats([3, 4]), y_test: y },
      'x_test has points of [4]',
    ],
  ])('%s', async (_, files, message) => {
    await expect(load(await put(files))).rejects.toThrow(message);
  });

  test('what is needed is said where an array is missing', async () => {
    await expect(load(await put({ x_train: x }))).rejects.toMatchObject({
      next: expect.stringContaining('save x_train [points × …] and y_train [points], and x_test and y_test'),
    });
  });

  test('archives that are none, damaged, or say another size than they have', async () => {
    const bad = join(folder, 'bad.npz');
    await writeFile(bad, 'PK nonsense');
    await expect(load(bad)).rejects.toThrow('is not a whole .npz archive');
    await expect(load(join(folder, 'none.npz'))).rejects.toMatchObject({ code: 'DATA_MISSING' });

    const whole = Buffer.from(zipSync({ 'x_train.npy': [x, { level: 0 }], 'y_train.npy': y }));
    const flipped = Buffer.from(whole);
    flipped[whole.indexOf('NUMPY') + 125] ^= 1;
    await writeFile(bad, flipped);
    await expect(load(bad).then((source) => rowValues(source))).rejects.toThrow('fails its checksum');

    await writeFile(bad, whole.subarray(0, whole.length - 30));
    await expect(load(bad)).rejects.toThrow('is not a whole .npz archive');
  });

  test('an archive that unpacks to more than it says, before it has', async () => {
    const bomb = Buffer.from(zipSync({ 'x_train.npy': floats([3, 1_000_000], () => 0), 'y_train.npy': y }));
    // The size in the directory, and in the header of the array in it, is that of three points.
    const entry = bomb.indexOf('PK\x01\x02', 0, 'latin1');
    bomb.writeUInt32LE(x.length, entry + 24);
    const file = join(folder, 'bomb.npz');
    await writeFile(file, bomb);
    await expect(load(file)).rejects.toThrow(/holds 24 bytes of data, expected 12000000|longer than the 152 bytes/);
  });

  test('a folder with something else by the name of an array', async () => {
    await mkdir(join(folder, 'x_train.npy'));
    await writeFile(join(folder, 'y_train.npy'), y);
    await expect(load(folder)).rejects.toThrow('cannot be read (it is not a file)');
  });
});

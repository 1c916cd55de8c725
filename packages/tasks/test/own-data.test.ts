import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { datasets } from '../src/data/datasets.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-data-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const environment = { cacheFolder: '', log: () => {} };

function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const prefix = Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1');
  return Buffer.concat([prefix, Buffer.from(padded), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

describe('image-folder', () => {
  const load = (more: object = {}) =>
    datasets['image-folder'].load({ path: folder, width: 4, height: 3, channels: 'colour', ...more }, environment, 0);

  async function image(file: string, rgb: readonly [number, number, number], width = 4, height = 3): Promise<void> {
    const [r, g, b] = rgb;
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await sharp({ create: { width, height, channels: 3, background: { r, g, b } } }).toFile(path);
  }

  test('classes are the folders in the order of their names, images their files', async () => {
    await image('dog/b.png', [1, 2, 3]);
    await image('dog/a.png', [4, 5, 6]);
    await image('cat/z.png', [7, 8, 9]);
    const source = await load();
    expect(source.classNames).toEqual(['cat', 'dog']);
    expect(source.inputShape).toEqual([3, 4, 3]);
    expect([...source.train.labels]).toEqual([0, 1, 1]);
    const { values } = source.train;
    expect([values[0], values[1], values[2], values[36], values[37], values[72]]).toEqual([7, 8, 9, 4, 5, 1]);
    expect(source.heldout).toBeUndefined();
  });

  test('train and test folders become training and held-out points', async () => {
    for (const name of ['train/cat/1.jpg', 'train/dog/1.jpg', 'test/dog/1.jpg']) await image(name, [9, 9, 9]);
    const source = await load({ channels: 'grey' });
    expect(source.inputShape).toEqual([3, 4, 1]);
    expect([...(source.heldout?.labels ?? [])]).toEqual([1]);
  });

  test('an image of another size, a corrupt one and a truncated one are named', async () => {
    await image('cat/1.png', [1, 1, 1]);
    await image('dog/1.png', [1, 1, 1], 5, 3);
    await expect(load()).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
      place: join(folder, 'dog/1.png'),
      message: 'is 5 × 3 pixels, expected 4 × 3',
    });
    await writeFile(join(folder, 'dog/1.png'), 'not a picture');
    await expect(load()).rejects.toThrow('cannot be decoded');
    const noise = Uint8Array.from({ length: 36 }, (_, i) => (i * 97) % 256);
    const whole = await sharp(noise, { raw: { width: 4, height: 3, channels: 3 } })
      .png()
      .toBuffer();
    await writeFile(join(folder, 'dog/1.png'), whole.subarray(0, whole.length - 30));
    await expect(load()).rejects.toThrow('cannot be decoded');
  });

  test('a folder that is missing or has no classes says what is expected', async () => {
    await expect(load({ path: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'DATA_MISSING',
      message: 'cannot be read (ENOENT)',
    });
    await expect(load()).rejects.toThrow('has 0 class folders, expected at least 2');
  });

  test('the fingerprint follows the contents, not the place', async () => {
    await image('cat/1.png', [1, 1, 1]);
    await image('dog/1.png', [1, 1, 1]);
    const fingerprint = () => datasets['image-folder'].fingerprint?.({ path: folder });
    const before = await fingerprint();
    await image('dog/1.png', [1, 1, 2]);
    expect(await fingerprint()).not.toBe(before);
  });
});

describe('arrays', () => {
  const load = (path: string) => datasets.arrays.load({ path, scale: 0.5 }, environment, 0);
  const x = npy('<f4', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
  const y = npy('<i8', [3], BigInt64Array.of(0n, 2n, 1n));

  test('a folder of .npy files and an .npz archive give the same points', async () => {
    await writeFile(join(folder, 'x_train.npy'), x);
    await writeFile(join(folder, 'y_train.npy'), y);
    await writeFile(join(folder, 'all.npz'), zipSync({ 'x_train.npy': x, 'y_train.npy': y }));
    const fromFolder = await load(folder);
    expect(fromFolder.inputShape).toEqual([2]);
    expect(fromFolder.classNames).toEqual(['0', '1', '2']);
    expect([...fromFolder.train.values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(fromFolder.train.scale).toBe(0.5);
    expect(await load(join(folder, 'all.npz'))).toEqual(fromFolder);
  });

  test.each([
    ['a truncated array', { x: x.subarray(0, x.length - 1), y }, 'holds 23 bytes of data, expected 24'],
    ['not an array', { x: Buffer.from('hello'), y }, 'is not a NumPy file'],
    [
      'labels of another length',
      { x, y: npy('<i8', [2], BigInt64Array.of(0n, 1n)) },
      'y_train has shape [2], expected [3]',
    ],
    ['a label that is no class', { x, y: npy('<f8', [3], Float64Array.of(0, 1.5, 2)) }, 'y_train[1] is 1.5'],
    ['NaN', { x: npy('<f4', [3, 2], Float32Array.of(1, 2, Number.NaN, 4, 5, 6)), y }, 'x_train holds NaN at element 2'],
    ['an element type that is not read', { x: npy('<c8', [3, 1], new Float32Array(6)), y }, 'holds <c8'],
  ])('%s is refused with the file and the reason', async (_, files, message) => {
    await writeFile(join(folder, 'x_train.npy'), files.x);
    await writeFile(join(folder, 'y_train.npy'), files.y);
    await expect(load(folder)).rejects.toThrow(message);
  });

  test('an archive that is none, or lacks an array, is refused', async () => {
    await writeFile(join(folder, 'bad.npz'), 'PK nonsense');
    await expect(load(join(folder, 'bad.npz'))).rejects.toThrow('is not a whole .npz archive');
    await writeFile(join(folder, 'half.npz'), zipSync({ 'x_train.npy': x }));
    await expect(load(join(folder, 'half.npz'))).rejects.toThrow('has no array y_train');
    await expect(load(join(folder, 'none.npz'))).rejects.toMatchObject({ code: 'DATA_MISSING' });
  });
});

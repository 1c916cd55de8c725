import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { datasets } from '../src/data/datasets.js';
import { rowValues } from './support/row-values.js';
import { dataOf, specOf } from './support/tasks.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const dataset = datasets['image-folder'];
const environment = { cacheFolder: '', log: () => {} };
const shape = { width: 4, height: 3, channels: 'colour', heldout: '', classes: [] as string[] };
const load = (more: object = {}) => dataset.load({ path: folder, ...shape, ...more }, environment, 0, 'classifier');
const values = async (more: object = {}) => rowValues(await load(more));
const fingerprint = (path = folder, more: object = {}) => dataset.fingerprint?.({ path, ...shape, ...more });

async function image(file: string, rgb: readonly [number, number, number] = [9, 9, 9], width = 4, height = 3) {
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
  const read = await rowValues(source);
  expect([read[0], read[1], read[2], read[36], read[37], read[72]]).toEqual([7, 8, 9, 4, 5, 1]);
  expect(source.heldout).toBeUndefined();
});

test('PNG, JPEG and WebP files are used together, whatever their names say', async () => {
  await image('cat/a.png', [200, 200, 200]);
  await image('cat/b.jpg', [200, 200, 200]);
  await image('dog/c.webp', [200, 200, 200]);
  await rename(join(folder, 'cat/b.jpg'), join(folder, 'cat/b.png'));
  expect(await values()).toHaveLength(3 * 36);
});

test('an image is turned as its EXIF orientation says', async () => {
  await image('cat/1.png');
  await mkdir(join(folder, 'dog'));
  const upright = Uint8Array.from({ length: 36 }, (_, i) => i * 7);
  const raw = { width: 4, height: 3, channels: 3 } as const;
  const turned = sharp(upright, { raw }).rotate(270).withMetadata({ orientation: 6 });
  await turned.png().toFile(join(folder, 'dog/1.png'));
  expect([...(await values()).slice(36)]).toEqual([...upright]);
});

describe('held-out points', () => {
  test.each(['test', 'val'])('come from %s beside train', async (name) => {
    for (const file of ['train/cat/1.jpg', 'train/dog/1.jpg', `${name}/dog/1.jpg`]) await image(file);
    const source = await load({ channels: 'grey' });
    expect(source.inputShape).toEqual([3, 4, 1]);
    expect([...(source.heldout?.labels ?? [])]).toEqual([1]);
  });

  test('are named where there are several, and nothing beside train is passed over', async () => {
    for (const part of ['train', 'val', 'test'])
      for (const name of ['cat', 'dog']) await image(`${part}/${name}/1.png`);
    await expect(load()).rejects.toMatchObject({
      message: 'has test and val',
      next: 'set data.heldout to test or val',
    });
    expect((await load({ heldout: 'val' })).heldout?.labels).toHaveLength(2);
    await image('holdout/cat/1.png');
    await expect(load({ heldout: 'val' })).rejects.toThrow('lies beside train and is not read');
  });

  test('of a class that training lacks stop the run', async () => {
    for (const file of ['train/cat/1.png', 'train/dog/1.png', 'test/dog/1.png', 'test/owl/1.png']) await image(file);
    const spec = specOf({
      data: { use: 'image-folder', path: folder, width: 4, height: 3, train: 2, queries: 1 },
      model: 'logistic',
    });
    await expect(dataOf(spec)).rejects.toMatchObject({
      code: 'CLASS_UNSEEN',
      message: 'has 1 held-out points of class "owl" and no training point of it',
    });
  });
});

describe('links are followed', () => {
  test('to class folders and to images', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'image-folder-elsewhere-'));
    for (const file of ['cat/1.png', 'dog/1.png']) await image(file);
    await image(relative(folder, join(elsewhere, 'owl/1.png')), [5, 6, 7]);
    await symlink(join(elsewhere, 'owl'), join(folder, 'owl'));
    await symlink(join(elsewhere, 'owl/1.png'), join(folder, 'cat/2.png'));
    const source = await load();
    expect(source.classNames).toEqual(['cat', 'dog', 'owl']);
    expect([...source.train.labels]).toEqual([0, 0, 1, 2]);
    expect((await rowValues(source))[36]).toBe(5);
    await rm(elsewhere, { recursive: true });
    await expect(load()).rejects.toThrow('is a link that leads nowhere');
  });

  test('but not in circles, and not twice to one folder', async () => {
    for (const file of ['cat/1.png', 'dog/1.png']) await image(file);
    await symlink(folder, join(folder, 'loop'));
    await expect(load()).rejects.toThrow('is a folder in a class folder');
    await rm(join(folder, 'loop'));
    await symlink(join(folder, 'cat'), join(folder, 'kitten'));
    await expect(load()).rejects.toThrow('is the same folder as cat');
  });
});

describe('what cannot be used stops the run, by name', () => {
  beforeEach(async () => {
    for (const file of ['cat/1.png', 'dog/1.png']) await image(file);
  });

  test.each<[string, string | Buffer, string]>([
    ['cat/notes.txt', 'three cats', 'is not a PNG, JPEG or WebP file'],
    [
      'cat/drawn.png',
      '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>',
      'is not a PNG, JPEG or WebP file',
    ],
    ['cat/old.gif', 'GIF89a', 'is not a PNG, JPEG or WebP file'],
    ['cat/empty.png', '', 'is not a PNG, JPEG or WebP file'],
    ['loose.png', 'anything', 'is in no class folder'],
    ['cat/more/2.png', 'anything', 'is a folder in a class folder'],
  ])('%s', async (file, content, message) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
    await expect(load()).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
      place: expect.stringContaining(folder),
      message,
    });
  });

  test('an image of another size, a corrupt and a truncated one, an animation', async () => {
    await image('dog/1.png', [1, 1, 1], 5, 3);
    await expect(values()).rejects.toMatchObject({
      code: 'DATA_CORRUPT',
      place: join(folder, 'dog/1.png'),
      message: 'is 5 × 3 pixels, expected 4 × 3',
    });
    const noise = Uint8Array.from({ length: 36 }, (_, i) => (i * 97) % 256);
    const whole = await sharp(noise, { raw: { width: 4, height: 3, channels: 3 } })
      .png()
      .toBuffer();
    await writeFile(join(folder, 'dog/1.png'), whole.subarray(0, whole.length - 30));
    await expect(values()).rejects.toThrow('cannot be decoded');
    const frames = { width: 4, height: 6, channels: 3, pageHeight: 3 } as const;
    await rm(join(folder, 'dog/1.png'));
    await sharp(Buffer.from(Array.from({ length: 72 }, (_, i) => (i * 31) % 256)), { raw: frames })
      .webp({ loop: 0, delay: [50, 50] })
      .toFile(join(folder, 'dog/1.webp'));
    await expect(values()).rejects.toThrow('is an animation of 2 frames');
  });

  test('but not what is hidden or left by an operating system', async () => {
    for (const file of ['.git/config', '.cache/1.txt', 'cat/.DS_Store', 'cat/Thumbs.db', 'README.md']) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), 'x');
    }
    expect((await load()).classNames).toEqual(['cat', 'dog']);
    expect(await values()).toHaveLength(72);
  });

  test('nor in classes that are not kept', async () => {
    await mkdir(join(folder, 'misc'));
    await writeFile(join(folder, 'misc/notes.txt'), 'x');
    expect([...(await load({ classes: ['cat', 'dog'] })).train.labels]).toEqual([0, 1]);
  });
});

test('a class that is not there is an error that says which was meant', async () => {
  for (const name of ['cat', 'dog', 'owl']) for (const i of [1, 2]) await image(`${name}/${i}.png`);
  const spec = (classes: string[]) =>
    specOf({
      data: { use: 'image-folder', path: folder, width: 4, height: 3, train: 3, queries: 3, classes },
      model: 'logistic',
    });
  await expect(dataOf(spec(['cat', 'dog', 'Owl']))).rejects.toMatchObject({
    code: 'CLASS_UNKNOWN',
    place: 'task "test"',
    next: 'did you mean "owl"?',
  });
  await expect(dataOf(spec(['unicorn', 'dragon']))).rejects.toMatchObject({ next: 'classes: cat, dog, owl' });
  expect((await dataOf(spec([]))).classes).toBe(3);
});

test('a folder that is missing or has no classes says what is expected', async () => {
  await expect(load({ path: join(folder, 'nowhere') })).rejects.toMatchObject({
    code: 'DATA_MISSING',
    message: 'cannot be read (ENOENT)',
  });
  await expect(load()).rejects.toThrow('has no class folder');
});

test('the fingerprint follows names and contents, not the place or how its path is written', async () => {
  await image('im/cat/1.png', [1, 1, 1]);
  await image('im/dog/1.png', [1, 1, 1]);
  const path = join(folder, 'im');
  const before = await fingerprint(path);
  await cp(path, join(folder, 'copy'), { recursive: true });
  const spellings = [`${path}/`, `${folder}/./im`, relative(process.cwd(), path), join(folder, 'copy')];
  for (const spelling of spellings) expect(await fingerprint(spelling)).toBe(before);
  await image('im/dog/1.png', [1, 1, 2]);
  expect(await fingerprint(path)).not.toBe(before);
  await rename(join(folder, 'copy/dog'), join(folder, 'copy/wolf'));
  expect(await fingerprint(join(folder, 'copy'))).not.toBe(before);
});

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { BenchError, choice, int, list, text } from '@attribution-bench/contract';
import sharp from 'sharp';
import { defineDataset, type Partition, pointParams } from './dataset.js';

const extensions = ['.png', '.jpg', '.jpeg'];
const mostPixels = 4096 * 4096;

/**
 * The user's own images: a folder with one subfolder of PNG or JPEG files a class, or with `train` and `test` folders
 * of that shape. Files are taken in the order of their names.
 */
export const imageFolder = defineDataset({
  id: 'image-folder',
  title: 'A folder of images by class',
  licence: "the user's own",
  home: '',
  params: {
    ...pointParams({ train: 1000, queries: 100 }),
    classes: list(text({ help: 'name of a class folder' }), { default: [], help: 'classes to keep; none named: all' }),
    path: text({ help: 'the folder' }),
    width: int({ default: 32, min: 1, max: 4096, help: 'pixels; every image must be of this size' }),
    height: int({ default: 32, min: 1, max: 4096, help: 'pixels; every image must be of this size' }),
    channels: choice(['grey', 'colour'], { default: 'colour', help: 'what images are converted to' }),
  },
  whereabouts: ['path'],
  fingerprint: async ({ path }) => {
    const hash = createHash('sha256');
    for (const split of await splits(path)) {
      for (const { file, label } of (await imagesOf(split.folder)).images) {
        hash.update(`${split.name}\0${label}\0${file.length}\0${file.slice(path.length)}\0`);
        for await (const chunk of createReadStream(file)) hash.update(chunk);
      }
    }
    return hash.digest('hex');
  },
  async load({ path, width, height, channels }) {
    const depth = channels === 'grey' ? 1 : 3;
    const found = await splits(path);
    const train = await imagesOf(found[0].folder, 2);
    const read = async (name: string, images: readonly Image[]): Promise<Partition> => {
      const size = width * height * depth;
      const values = new Uint8Array(images.length * size);
      for (const [row, image] of images.entries()) {
        values.set(await readImage(image.file, width, height, depth), row * size);
      }
      return { name, values, scale: 1 / 255, labels: Int32Array.from(images, (image) => image.label) };
    };
    const source = {
      inputShape: [height, width, depth],
      classNames: train.classNames,
      pixels: true,
      train: await read('train', train.images),
    };
    if (found.length === 1) return source;
    const test = await imagesOf(found[1].folder);
    const unseen = test.classNames.filter((name) => !train.classNames.includes(name));
    if (unseen.length > 0) {
      throw new BenchError({
        code: 'DATA_CORRUPT',
        place: found[1].folder,
        message: `has the class ${unseen[0]}, which ${found[0].folder} lacks`,
        next: 'give both folders the same class folders',
      });
    }
    const labelled = test.images.map(({ file, label }) => ({
      file,
      label: train.classNames.indexOf(test.classNames[label]),
    }));
    return { ...source, heldout: await read('test', labelled) };
  },
});

interface Image {
  readonly file: string;
  readonly label: number;
}

async function splits(path: string): Promise<{ name: string; folder: string }[]> {
  const both = ['train', 'test'].map((name) => ({ name, folder: join(path, name) }));
  const there = await Promise.all(both.map(({ folder }) => isFolder(folder)));
  return there.every(Boolean) ? both : [{ name: 'train', folder: path }];
}

async function imagesOf(folder: string, fewest = 1): Promise<{ classNames: string[]; images: Image[] }> {
  const missing = (message: string) =>
    new BenchError({
      code: 'DATA_MISSING',
      place: folder,
      message,
      next: 'set data.path to a folder with one subfolder of PNG or JPEG files for each class',
    });
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw missing(`cannot be read (${cause.code})`);
  });
  const classNames = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const images: Image[] = [];
  for (const [label, name] of classNames.entries()) {
    const files = (await readdir(join(folder, name)))
      .filter((file) => extensions.includes(extname(file).toLowerCase()))
      .sort();
    if (files.length === 0) throw missing(`has no PNG or JPEG file in ${name}`);
    for (const file of files) images.push({ file: join(folder, name, file), label });
  }
  if (classNames.length < fewest) throw missing(`has ${classNames.length} class folders, expected at least ${fewest}`);
  return { classNames, images };
}

/** Pixels of one image, [height × width × depth]. */
async function readImage(file: string, width: number, height: number, depth: 1 | 3): Promise<Uint8Array> {
  const wrong = (message: string, next: string, cause?: unknown) =>
    new BenchError({ code: 'DATA_CORRUPT', place: file, message, next, ...(cause === undefined ? {} : { cause }) });
  const image = sharp(file, { failOn: 'truncated', limitInputPixels: mostPixels });
  const decoded = await image
    .removeAlpha()
    .toColourspace(depth === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: Error) => {
      throw wrong(`cannot be decoded (${cause.message.split('\n')[0]})`, 'replace or remove it', cause);
    });
  const { info } = decoded;
  if (info.width !== width || info.height !== height) {
    throw wrong(
      `is ${info.width} × ${info.height} pixels, expected ${width} × ${height}`,
      'resize it, or set data.width and data.height',
    );
  }
  if (info.channels !== depth) throw wrong(`decodes to ${info.channels} channels, expected ${depth}`, 'convert it');
  return decoded.data;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

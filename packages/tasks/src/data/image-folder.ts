import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BenchError, choice, file, int, list, text } from '@attribution-bench/contract';
import { defineDataset, type Partition, pointParams, type ReadRows } from './dataset.js';

/** How files of the formats that are decoded begin; nothing else is given to the decoder. */
const formats: readonly ((start: Buffer) => boolean)[] = [
  (start) => start.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  (start) => start.subarray(0, 3).equals(Buffer.from('\xff\xd8\xff', 'latin1')),
  (start) => start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'WEBP',
];
const startBytes = 12;
const mostPixels = 4096 * 4096;
const largestFile = 1 << 28;
const heldoutNames = ['test', 'val', 'valid', 'validation'];
/** What operating systems leave in folders of images. */
const leftovers = ['thumbs.db', 'desktop.ini'];
const pictureEnding = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic|svg|jxl)$/i;

/**
 * The user's own images: a folder with one subfolder of PNG, JPEG or WebP files per class, or with a `train` folder of that
 * shape and one of held-out points beside it, `test` or `val`. Files are taken in the order of their names and turned as
 * their EXIF orientation says; links are followed. What starts with a dot is passed over, anything else that cannot be used
 * stops the run.
 */
export const imageFolder = defineDataset({
  id: 'image-folder',
  title: 'A folder of images by class',
  licence: "the user's own",
  home: '',
  params: {
    ...pointParams({ train: 1000, queries: 100 }),
    classes: list(text({ help: 'name of a class folder' }), { default: [], help: 'classes to keep; none named: all' }),
    path: file({ help: 'the folder' }),
    heldout: text({
      default: '',
      help: 'folder of the held-out points beside train; left out: test, val, valid or validation, whichever is there',
    }),
    width: int({ default: 32, min: 1, max: 4096, help: 'pixels; every image must be of this size' }),
    height: int({ default: 32, min: 1, max: 4096, help: 'pixels; every image must be of this size' }),
    channels: choice(['grey', 'colour'], { default: 'colour', help: 'what images are converted to' }),
  },
  fingerprint: async ({ path, heldout, classes }) => {
    const hash = createHash('sha256');
    for (const split of await splitsOf(path, heldout)) {
      const { classNames, images } = await imagesOf(split.folder, classes);
      hash.update(`${split.name}\0${JSON.stringify(classNames)}\0`);
      for (const image of images) {
        hash.update(`${classNames[image.label]}\0${basename(image.file)}\0${(await stat(image.file)).size}\0`);
        for await (const part of createReadStream(image.file)) hash.update(part);
      }
    }
    return hash.digest('hex');
  },
  async load({ path, heldout, classes, width, height, channels }) {
    const depth = channels === 'grey' ? 1 : 3;
    const [trainSplit, heldoutSplit] = await splitsOf(path, heldout);
    const train = await imagesOf(trainSplit.folder, classes);
    const partition = async (name: string, images: readonly Image[]): Promise<Partition> => {
      for (const image of images) await checkFormat(image.file);
      const read: ReadRows = async (rows, put) => {
        for (const [place, row] of rows.entries()) put(place, await readImage(images[row].file, width, height, depth));
        return undefined;
      };
      return { name, values: read, scale: 1 / 255, labels: Int32Array.from(images, (image) => image.label) };
    };
    const source = {
      inputShape: [height, width, depth],
      classNames: train.classNames,
      pixels: true,
      train: await partition('train', train.images),
    };
    if (heldoutSplit === undefined) return source;
    const test = await imagesOf(heldoutSplit.folder, classes);
    const classNames = [...new Set([...train.classNames, ...test.classNames])];
    const labelled = test.images.map((image) => ({
      file: image.file,
      label: classNames.indexOf(test.classNames[image.label]),
    }));
    return { ...source, classNames, heldout: await partition('test', labelled) };
  },
});

interface Image {
  readonly file: string;
  readonly label: number;
}

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly folder: boolean;
}

/** What is in a folder, in the order of names, links followed; what starts with a dot is not. */
async function entriesOf(folder: string): Promise<Entry[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw missing(folder, `cannot be read (${cause.code})`);
  });
  const entries: Entry[] = [];
  for (const name of names.filter((found) => !found.startsWith('.')).sort()) {
    const path = join(folder, name);
    const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'ENOENT' ? 'is a link that leads nowhere' : `cannot be read (${cause.code})`;
      throw unusable(path, reason, 'repair or remove it');
    });
    if (!found.isDirectory() && !found.isFile()) throw unusable(path, 'is neither a file nor a folder', 'remove it');
    entries.push({ name, path, folder: found.isDirectory() });
  }
  return entries;
}

interface PartFolder {
  readonly name: 'train' | 'test';
  readonly folder: string;
}

/** Where the training points are, and the held-out ones if they have a folder of their own. */
async function splitsOf(path: string, heldout: string): Promise<readonly [PartFolder, ...PartFolder[]]> {
  const entries = await entriesOf(path);
  const train = entries.find(({ name, folder }) => folder && name === 'train');
  const split = train !== undefined && (await entriesOf(train.path)).some(({ folder }) => folder);
  if (!split) {
    if (heldout === '') return [{ name: 'train', folder: path }];
    throw missing(path, 'has no train folder with class folders', 'leave data.heldout out');
  }
  const wanted = heldout === '' ? heldoutNames : [heldout];
  const found = entries.filter(({ name, folder }) => folder && wanted.includes(name));
  if (found.length > 1) {
    const names = found.map(({ name }) => name);
    throw unusable(path, `has ${names.join(' and ')}`, `set data.heldout to ${names.join(' or ')}`);
  }
  if (found.length === 0 && heldout !== '') throw missing(path, `has no folder ${heldout}`, 'correct data.heldout');
  const stray = entries.find(
    (entry) => entry.folder && entry !== train && !heldoutNames.includes(entry.name) && entry !== found[0],
  );
  if (stray !== undefined) {
    throw unusable(stray.path, 'lies beside train and is not read', 'set data.heldout to it, or move it away');
  }
  const training: PartFolder = { name: 'train', folder: train.path };
  return found.length === 0 ? [training] : [training, { name: 'test', folder: found[0].path }];
}

/** Class folders and their images; of classes that are not kept, only the names. */
async function imagesOf(folder: string, kept: readonly string[]): Promise<{ classNames: string[]; images: Image[] }> {
  const entries = await entriesOf(folder);
  const stray = entries.find((entry) => !entry.folder && pictureEnding.test(entry.name));
  if (stray !== undefined) throw unusable(stray.path, 'is in no class folder', 'move it into one');
  const classes = entries.filter((entry) => entry.folder);
  if (classes.length === 0) throw missing(folder, 'has no class folder');
  const linked = new Map<string, string>();
  const images: Image[] = [];
  for (const [label, { name, path }] of classes.entries()) {
    if (kept.length > 0 && !kept.includes(name)) continue;
    const place = await realpath(path);
    const same = linked.get(place);
    if (same !== undefined) throw unusable(path, `is the same folder as ${same}`, 'remove one of the links');
    linked.set(place, name);
    const files = (await entriesOf(path)).filter((entry) => !leftovers.includes(entry.name.toLowerCase()));
    const inside = files.find((entry) => entry.folder);
    if (inside !== undefined) throw unusable(inside.path, 'is a folder in a class folder', 'move its images up');
    if (files.length === 0) throw missing(path, 'has no PNG, JPEG or WebP file');
    for (const entry of files) images.push({ file: entry.path, label });
  }
  return { classNames: classes.map(({ name }) => name), images };
}

/** @throws BenchError DATA_CORRUPT unless a file begins as one of the formats that are decoded does, whatever its name */
async function checkFormat(path: string): Promise<void> {
  const handle = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw unusable(path, `cannot be read (${cause.code})`, 'check that you may read it');
  });
  const { buffer } = await handle.read(Buffer.alloc(startBytes), 0, startBytes, 0).finally(() => handle.close());
  checkStart(path, buffer);
}

function checkStart(path: string, start: Buffer): void {
  if (formats.some((begins) => begins(start))) return;
  throw unusable(path, 'is not a PNG, JPEG or WebP file', 'convert or remove it');
}

/** Pixels of one image, [height × width × depth]. */
async function readImage(path: string, width: number, height: number, depth: 1 | 3): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > largestFile) throw unusable(path, `has ${size} bytes, too many for an image`, 'remove it');
  const bytes = await readFile(path);
  checkStart(path, bytes);
  // Its library is loaded where there are images to decode, and not in every process.
  const { default: sharp } = await import('sharp');
  const image = sharp(bytes, { failOn: 'truncated', limitInputPixels: mostPixels });
  const undecodable = (cause: Error): never => {
    throw unusable(path, `cannot be decoded (${cause.message.split('\n')[0]})`, 'replace or remove it', cause);
  };
  const { pages = 1 } = await image.metadata().catch(undecodable);
  if (pages > 1) throw unusable(path, `is an animation of ${pages} frames`, 'save one of them as an image');
  const { data, info } = await image
    .autoOrient()
    .removeAlpha()
    .toColourspace(depth === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(undecodable);
  if (info.width !== width || info.height !== height) {
    throw unusable(
      path,
      `is ${info.width} × ${info.height} pixels, expected ${width} × ${height}`,
      'resize it, or set data.width and data.height',
    );
  }
  if (info.channels !== depth)
    throw unusable(path, `decodes to ${info.channels} channels, expected ${depth}`, 'convert it');
  return data;
}

function missing(
  place: string,
  message: string,
  next = 'set data.path to a folder with one subfolder of PNG, JPEG or WebP files for each class',
): BenchError {
  return new BenchError({ code: 'DATA_MISSING', place, message, next });
}

function unusable(place: string, message: string, next: string, cause?: unknown): BenchError {
  return new BenchError({ code: 'DATA_CORRUPT', place, message, next, cause });
}

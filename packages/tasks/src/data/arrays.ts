import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, list, type NdArray, num, text } from '@attribution-bench/contract';
import { unzipSync } from 'fflate';
import { defineDataset, type Partition, pointParams } from './dataset.js';
import { parseNpy } from './npy.js';

const names = { x: 'x_train', y: 'y_train', heldoutX: 'x_test', heldoutY: 'y_test' } as const;
const largestMember = 2 ** 31;

/**
 * The user's own arrays: an `.npz` file, or a folder of `.npy` files, with `x_train` [n × …] and `y_train` [n], and, for
 * held-out points of their own, `x_test` and `y_test`. Classes are the whole numbers of `y_train`, from 0.
 */
export const arrays = defineDataset({
  id: 'arrays',
  title: 'NumPy arrays',
  licence: "the user's own",
  home: '',
  params: {
    ...pointParams({ train: 1000, queries: 100 }),
    classes: list(text({ help: 'a class number' }), { default: [], help: 'classes to keep; none named: all' }),
    path: text({ help: 'the .npz file, or the folder of .npy files' }),
    scale: num({ default: 1, help: 'what every value is multiplied by, e.g. 0.00392156862745098 for bytes' }),
  },
  whereabouts: ['path'],
  fingerprint: async ({ path }) => {
    const hash = createHash('sha256');
    for (const [name, bytes] of await filesOf(path)) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
    return hash.digest('hex');
  },
  async load({ path, scale }) {
    const files = await filesOf(path);
    const train = partition('train', files, names.x, names.y, path, scale);
    const heldout = files.has(names.heldoutX)
      ? partition('test', files, names.heldoutX, names.heldoutY, path, scale)
      : undefined;
    if (heldout !== undefined && heldout.inputShape.join() !== train.inputShape.join()) {
      const shape = (inputShape: readonly number[]) => `[${inputShape.join(', ')}]`;
      throw corrupt(
        path,
        `${names.heldoutX} has points of ${shape(heldout.inputShape)}, ${names.x} of ${shape(train.inputShape)}`,
      );
    }
    let highest = 0;
    for (const label of train.labels) highest = Math.max(highest, label);
    return {
      inputShape: train.inputShape,
      classNames: Array.from({ length: highest + 1 }, (_, label) => String(label)),
      pixels: false,
      train,
      ...(heldout === undefined ? {} : { heldout }),
    };
  },
});

function partition(
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
  inputs: string,
  classes: string,
  path: string,
  scale: number,
): Partition & { inputShape: readonly number[] } {
  const read = (array: string): NdArray => {
    const bytes = files.get(array);
    if (bytes === undefined) throw corrupt(path, `has no array ${array}`);
    return parseNpy(bytes, `${path}: ${array}`);
  };
  const x = read(inputs);
  const y = read(classes);
  if (x.shape.length < 2) throw corrupt(path, `${inputs} has ${x.shape.length} dimensions, expected at least 2`);
  if (y.shape.length !== 1 || y.shape[0] !== x.shape[0]) {
    throw corrupt(path, `${classes} has shape [${y.shape.join(', ')}], expected [${x.shape[0]}]`);
  }
  const bad = y.data.findIndex((label) => !Number.isInteger(label) || label < 0 || label > 100_000);
  if (bad >= 0) throw corrupt(path, `${classes}[${bad}] is ${y.data[bad]}, expected a class number from 0`);
  const notFinite = x.data.findIndex((value) => !Number.isFinite(value));
  if (notFinite >= 0) throw corrupt(path, `${inputs} holds ${x.data[notFinite]} at element ${notFinite}`);
  const values = x.data instanceof Uint8Array ? x.data : Float32Array.from(x.data);
  return { name, values, scale, labels: Int32Array.from(y.data), inputShape: x.shape.slice(1) };
}

/** The arrays' files by name, without the ending, in the order of {@link names}. */
async function filesOf(path: string): Promise<Map<string, Uint8Array>> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new BenchError({
      code: 'DATA_MISSING',
      place: path,
      message: 'is not there',
      next: 'set data.path to an .npz file or a folder of .npy files',
    });
  }
  const members = found.isDirectory() ? await folderFiles(path) : await archiveFiles(path);
  return new Map(
    Object.values(names).flatMap((name) => {
      const bytes = members[`${name}.npy`];
      return bytes === undefined ? [] : [[name, bytes] as const];
    }),
  );
}

async function folderFiles(folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const name of Object.values(names)) {
    const bytes = await readFile(join(folder, `${name}.npy`)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw corrupt(join(folder, `${name}.npy`), `cannot be read (${error.code})`);
    });
    if (bytes !== undefined) files[`${name}.npy`] = bytes;
  }
  return files;
}

async function archiveFiles(file: string): Promise<Record<string, Uint8Array>> {
  const wanted = new Set(Object.values(names).map((name) => `${name}.npy`));
  const bytes = await readFile(file);
  try {
    return unzipSync(bytes, { filter: ({ name, originalSize }) => wanted.has(name) && originalSize <= largestMember });
  } catch (error) {
    throw corrupt(file, `is not a whole .npz archive (${(error as Error).message})`);
  }
}

function corrupt(place: string, message: string): BenchError {
  return new BenchError({ code: 'DATA_CORRUPT', place, message, next: 'save the arrays again' });
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type ErrorCode, sha256 } from '@attribution-bench/contract';
import type { Partition, PointSource } from './dataset.js';
import { download } from './download.js';
import { parseIdx } from './idx.js';
import { isFile } from './is-file.js';
import type { DataEnvironment } from './task-data.js';

/** A dataset in the four IDX files that MNIST made the custom: 60,000 training and 10,000 test images of 28×28. */
export interface IdxFiles {
  readonly id: string;
  /** Where they can be downloaded, gzipped; tried in this order. */
  readonly mirrors: readonly string[];
  /** Folders where other software puts them. */
  readonly knownFolders: readonly string[];
  readonly knownAs?: string;
  readonly classNames: readonly string[];
  /** SHA-256 of the files when unzipped: a gzip header carries a date, so the zipped ones differ by packager. */
  readonly sha256: Readonly<Record<IdxName, string>>;
}

const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;
export type IdxName = (typeof names)[keyof typeof names];

const side = 28;
/** More than any of the files has. */
const mostBytes = 1 << 26;
const counts = { train: 60_000, test: 10_000 };

/**
 * Loads the four files from `path`, or from where they are usually found, or from the cache, or downloads them.
 * @param path a folder with the files, gzipped or not; '' to look and download
 * @throws BenchError DATA_MISSING, DATA_CORRUPT, DATA_CHECKSUM or DATA_DOWNLOAD
 */
export async function loadIdxDataset(
  files: IdxFiles,
  path: string,
  environment: DataEnvironment,
): Promise<PointSource> {
  const read = async (name: IdxName, shape: readonly number[]): Promise<Uint8Array> => {
    const verified = (file: string) => readVerified(file, name, shape, files.sha256[name]);
    return verified(await locate(files, name, path, environment, verified));
  };
  const partition = async (name: 'train' | 'test'): Promise<Partition> => {
    const count = counts[name];
    const values = await read(names[`${name}Images`], [count, side, side]);
    const labels = await read(names[`${name}Labels`], [count]);
    return { name, values, scale: 1 / 255, labels };
  };
  return {
    inputShape: [side, side, 1],
    classNames: files.classNames,
    pixels: true,
    train: await partition('train'),
    heldout: await partition('test'),
  };
}

async function locate(
  files: IdxFiles,
  name: IdxName,
  path: string,
  { cacheFolder, offline, log }: DataEnvironment,
  check: (file: string) => Promise<unknown>,
): Promise<string> {
  const cache = join(cacheFolder, files.id);
  const folders = path === '' ? [...files.knownFolders, cache] : [path];
  for (const folder of folders) {
    for (const candidate of [join(folder, name), join(folder, `${name}.gz`)]) {
      if (await isFile(candidate)) return candidate;
    }
  }
  const missing = (next: string) =>
    new BenchError({
      code: 'DATA_MISSING',
      place: files.id,
      message: `found no ${name} or ${name}.gz in ${folders.join(' or ')}`,
      next,
    });
  if (path !== '') throw missing('set data.path to the folder that holds the four IDX files');
  if (offline === true) {
    const packaged = files.knownAs === undefined ? '' : `, install ${files.knownAs},`;
    throw missing(`put the four IDX files into ${cache}${packaged} or set data.path to their folder`);
  }
  const target = join(cache, `${name}.gz`);
  const urls = files.mirrors.map((mirror) => `${mirror}/${name}.gz`);
  await download(urls, target, check, log);
  return target;
}

/** Header errors come before the checksum, as they say more. */
async function readVerified(
  file: string,
  name: IdxName,
  shape: readonly number[],
  checksum: string,
): Promise<Uint8Array> {
  const wrong = (code: ErrorCode, message: string) =>
    new BenchError({ code, place: file, message, next: 'delete it and get it again' });
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw wrong('DATA_CORRUPT', `cannot be read (${cause.code})`);
  });
  const idx = parseIdx(bytes, shape.length, mostBytes, file);
  if (idx.shape.some((dim, axis) => dim !== shape[axis])) {
    throw wrong('DATA_CORRUPT', `holds ${idx.shape.join(' × ')} values, expected ${shape.join(' × ')}`);
  }
  const found = sha256(idx.bytes);
  if (found !== checksum) {
    throw wrong('DATA_CHECKSUM', `is not the published ${name}: its SHA-256 is ${found}, expected ${checksum}`);
  }
  return idx.data;
}

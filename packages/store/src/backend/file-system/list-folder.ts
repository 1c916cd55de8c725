import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Found, Listed } from '../backend.js';
import { isTemporary } from './atomic-write.js';
import { hasCode, readError } from './file-errors.js';

/**
 * What is in the folder `of` of a root folder (`''`: the root) and in its folders, in the order of names. A folder with a dot
 * in its name is none of ours but stands in the place of a file. Files that are being written are left out.
 * @throws BenchError STORE_READ
 */
export async function* listFolder(
  root: string,
  of: string,
  find: (name: string) => Promise<Found | undefined>,
): AsyncGenerator<Listed> {
  for (const entry of await entriesOf(join(root, of))) {
    const name = of === '' ? entry.name : `${of}/${entry.name}`;
    if (isFolder(entry)) yield* listFolder(root, name, find);
    else if (!isTemporary(entry.name)) yield { name, isObject: entry.isFile(), find: () => find(name) };
  }
}

/** What is in a folder, in the order of names with a `/` after those of folders; nothing where there is none. @throws BenchError STORE_READ */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  const key = (entry: Dirent): string => (isFolder(entry) ? `${entry.name}/` : entry.name);
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw readError(error, folder);
  }
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && !entry.name.includes('.');
}

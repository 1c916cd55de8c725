import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeftover } from './atomic-write.js';
import { hasCode, readError } from './file-errors.js';

/** Results are at most so deep in their folder: `store/<kind>/<ab>/<file>`. */
const deepest = 3;

/**
 * Removes what interrupted writes left behind in a folder of results and the folders in it; returns how many files that
 * were. Files of writes that may go on stay.
 * @throws BenchError STORE_READ when the folder cannot be looked through
 */
export async function removeLeftovers(folder: string, depth = deepest): Promise<number> {
  let removed = 0;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removed += depth === 0 ? 0 : await removeLeftovers(path, depth - 1);
    else if (entry.isFile() && entry.name.includes('.tmp-') && isLeftover(entry.name, await ageOfFile(path))) {
      await rm(path, { force: true });
      removed++;
    }
  }
  return removed;
}

/** What is in a folder, in order of names; nothing where there is none. @throws BenchError STORE_READ */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw readError(error, folder);
  }
}

/** Since when a file was not written to, in ms; 0 where it is gone. */
export async function ageOfFile(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

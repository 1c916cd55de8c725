import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeftover, isTemporary } from './atomic-write.js';
import { fileSystemTime } from './file-system-time.js';
import { entriesOf } from './list-folder.js';

/** Results are at most so deep in their folder: `store/<kind>/<ab>/<file>`. */
const deepest = 3;

/**
 * Removes what interrupted writes left behind in a folder of results and the folders in it; returns how many files that
 * were. Files of writes that may go on stay.
 * @throws BenchError STORE_READ when the folder cannot be looked through
 */
export async function removeLeftovers(folder: string): Promise<number> {
  let removed = 0;
  for await (const name of leftoversIn(folder)) {
    await rm(join(folder, name), { force: true });
    removed++;
  }
  return removed;
}

/** Files, relative to a folder, that interrupted writes left behind in it. @throws BenchError STORE_READ */
export async function* leftoversIn(folder: string, within = '', depth = deepest): AsyncGenerator<string> {
  for (const entry of await entriesOf(join(folder, within))) {
    const name = within === '' ? entry.name : `${within}/${entry.name}`;
    if (entry.isDirectory()) {
      if (depth > 0) yield* leftoversIn(folder, name, depth - 1);
    } else if (entry.isFile() && isTemporary(entry.name)) {
      const age = () => ageOfFile(folder, name);
      if (await isLeftover(entry.name, age)) yield name;
    }
  }
}

/** How long ago a file was written by the clock of its file system, in ms; 0 where it is gone or nobody can tell. */
async function ageOfFile(folder: string, name: string): Promise<number> {
  try {
    return fileSystemTime(folder) - (await stat(join(folder, name))).mtimeMs;
  } catch {
    return 0;
  }
}

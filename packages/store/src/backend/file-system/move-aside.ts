import { lstat, rename } from 'node:fs/promises';
import { hasCode } from './file-errors.js';

/**
 * Renames whatever has a name (a file, a folder, a pipe) to `<name>.corrupt-<n>` with the first free number and returns
 * that; undefined when it is gone already. Throws the file system's error.
 */
export async function moveAside(path: string): Promise<string | undefined> {
  for (let n = 1; ; n++) {
    const to = `${path}.corrupt-${n}`;
    if (await isTaken(to)) continue;
    try {
      await rename(path, to);
      return to;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }
}

function isTaken(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

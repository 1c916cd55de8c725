import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isLeftover, syncFolder, temporaryName } from './atomic-write.js';
import { hasCode, writeError } from './file-errors.js';

/**
 * Makes a folder so that its name never stands for half of it: under a temporary name beside it, renamed when `fill` is done.
 * What writes of the same folder left behind that died is removed first. On failure what was there before stays.
 * @param fill writes (and syncs) everything into the folder it is given
 * @param options.replace whether a folder of this name goes; otherwise it stays, and what was made is dropped
 * @returns whether the folder is the one that was made
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE or STORE_WRITE; what `fill` throws
 */
export async function makeFolderAtomically(
  folder: string,
  fill: (temporary: string) => Promise<void>,
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<boolean> {
  const parent = dirname(folder);
  const temporary = temporaryName(folder);
  try {
    await mkdir(parent, { recursive: true });
    await removeLeftoversOf(folder);
    await mkdir(temporary);
    await fill(temporary);
    await syncFolder(temporary);
    const made = replace ? await swap(temporary, folder) : await takeName(temporary, folder);
    await syncFolder(parent);
    return made;
  } catch (error) {
    throw writeError(error, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Renames unless there is a folder of that name already, of another process that was faster. */
async function takeName(temporary: string, folder: string): Promise<boolean> {
  try {
    await rename(temporary, folder);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM') && (await isFolder(folder))) return false;
    throw error;
  }
}

/** A folder with something in it cannot be renamed over: the old one steps aside first, and back when that fails. */
async function swap(temporary: string, folder: string): Promise<boolean> {
  const old = temporaryName(folder);
  const present = await isThere(folder);
  if (present) await rename(folder, old);
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (present) await rename(old, folder);
    throw error;
  }
  if (present) await rm(old, { recursive: true, force: true });
  return true;
}

async function removeLeftoversOf(folder: string): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(folder)}.tmp-`)) continue;
    const path = join(parent, name);
    if (await isLeftover(name, () => ageOf(path))) await rm(path, { recursive: true, force: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Since when a folder was not written to, in ms; 0 where it is gone. */
async function ageOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

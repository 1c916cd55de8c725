import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { hasCode, writeError } from './file-errors.js';

/**
 * Makes a folder where there is none and writes a file into it, which goes again: what is to be computed for hours can be
 * kept there.
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE or STORE_WRITE
 */
export async function requireWritable(folder: string): Promise<void> {
  const trial = join(folder, `.writable-${process.pid}-${threadId}`);
  try {
    await makeFolder(folder);
    const handle = await open(trial, 'w');
    await handle.close();
  } catch (error) {
    throw writeError(error, folder);
  } finally {
    await rm(trial, { force: true }).catch(() => undefined);
  }
}

/** Folder by folder: Node's recursive mkdir never ends where a file system such as /proc denies that a folder exists. */
async function makeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error('it is not a directory');
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch(async (error: unknown) => {
    const isThere = hasCode(error, 'EEXIST') && (await stat(folder)).isDirectory();
    if (!isThere) throw error;
  });
}

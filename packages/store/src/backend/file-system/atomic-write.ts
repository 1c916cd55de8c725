import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { isAlive, machine } from '../../machine.js';
import { hasCode, writeError } from './file-errors.js';

/** A temporary name ends in `.tmp-<machine>-<process>-<thread>-<counter>`. */
const temporaryPattern = /\.tmp-([0-9a-f]{8})-(\d{1,10})-\d+-\d+$/;
let written = 0;

/**
 * Writes a file so that its name never stands for half of it: under a temporary name in the same folder, synced,
 * renamed, and the folder synced. On failure the old content, if any, stays and nothing is left behind.
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE or STORE_WRITE
 */
export async function writeAtomically(
  file: string,
  content: Uint8Array | string | ((handle: FileHandle) => Promise<void>),
): Promise<void> {
  const folder = dirname(file);
  const temporary = temporaryName(file);
  try {
    const handle = await openNew(temporary);
    try {
      if (typeof content === 'function') await content(handle);
      else await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, file);
  }
}

/** Opens a file that is made, in a folder that is made where there is none. Most often there is one. */
async function openNew(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const created = await mkdir(dirname(file), { recursive: true });
    if (created !== undefined) await syncFolder(dirname(created));
    return open(file, 'wx');
  }
}

/** A name beside a file that no other write uses, of any process; see {@link isLeftover}. */
export function temporaryName(file: string): string {
  return `${file}.tmp-${machine()}-${process.pid}-${threadId}-${written++}`;
}

/** Whether a name is one that a write uses until it is done. */
export function isTemporary(name: string): boolean {
  return temporaryPattern.test(name);
}

/**
 * Whether a file of a temporary name is what a write left behind that died: at once where its process was one of this machine,
 * and after a day where nobody here can tell.
 * @param ageMs how long ago it was written
 */
export async function isLeftover(name: string, ageMs: () => Promise<number>): Promise<boolean> {
  const match = temporaryPattern.exec(name);
  if (match === null) return false;
  if (match[1] !== machine()) return (await ageMs()) > 24 * 3600 * 1000;
  return !isAlive(Number(match[2]));
}

/** Makes what was renamed in a folder outlive a power cut, where the file system can. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP')) throw error;
  }
}

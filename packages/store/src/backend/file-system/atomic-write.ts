import { closeSync, fsync, openSync, renameSync, writeFileSync, write as writeSome } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { threadId } from 'node:worker_threads';
import { isAlive, machine } from '../../machine.js';
import type { PutOptions } from '../backend.js';
import { hasCode, writeError } from './file-errors.js';

/** A temporary name ends in `.tmp-<machine>-<process>-<thread>-<counter>`. */
const temporaryPattern = /\.tmp-([0-9a-f]{8})-(\d{1,10})-\d+-\d+$/;
let written = 0;

const sync = promisify(fsync);
const write = promisify(writeSome);

/**
 * Most bytes that are written by a call that is not asynchronous: what goes to another thread and back takes ten times as long as
 * most calls to the system. Those that wait for the disk are asynchronous.
 */
const quickBytes = 1 << 20;
/** Bytes that are written at once: some systems refuse 2 GiB. */
const chunkBytes = 1 << 26;

/**
 * Writes a file so that its name never stands for half of it: under a temporary name in the same folder, synced,
 * renamed, and the folder synced. On failure the old content, if any, stays and nothing is left behind.
 * @param content text, bytes, or parts that follow one another
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE or STORE_WRITE
 */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array | readonly Uint8Array[],
  { lasting = true }: PutOptions = {},
): Promise<void> {
  const temporary = temporaryName(file);
  try {
    const descriptor = await openNew(temporary);
    try {
      await writeTo(descriptor, partsOf(content));
      if (lasting) await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    if (lasting) await syncFolder(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(error, file);
  }
}

function partsOf(content: Parameters<typeof writeAtomically>[1]): readonly Uint8Array[] {
  if (typeof content === 'string') return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeTo(descriptor: number, parts: readonly Uint8Array[]): Promise<void> {
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  if (bytes <= quickBytes) return writeFileSync(descriptor, Buffer.concat(parts, bytes));
  for (const part of parts)
    for (let at = 0; at < part.length; )
      at += (await write(descriptor, part, at, Math.min(chunkBytes, part.length - at))).bytesWritten;
}

/** Opens a file that is made, in a folder that is made where there is none. Most often there is one. */
async function openNew(file: string): Promise<number> {
  try {
    return openSync(file, 'wx');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const created = await mkdir(dirname(file), { recursive: true });
    if (created !== undefined) await syncFolder(dirname(created));
    return openSync(file, 'wx');
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
    const descriptor = openSync(folder, 'r');
    try {
      await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP')) throw error;
  }
}

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Malformed } from '../../malformed.js';
import { hasCode } from './file-errors.js';

/**
 * Opens a file for reading that may be anything: a named pipe would keep its reader waiting for ever, and merely opening a
 * device may do something.
 * @throws Malformed when it is not a file, or the file system's error
 */
export async function openRegularFile(file: string): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  const before = await stat(file).catch((error: unknown) => {
    if (hasCode(error, 'ELOOP')) throw new Malformed('is a link that leads back to itself');
    throw error;
  });
  checkRegular(before);
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const now = await handle.stat();
    checkRegular(now);
    return { handle, stats: now };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The content of a file that may be anything. @throws Malformed when it is not a file, or the file system's error */
export async function readRegularFile(file: string): Promise<Buffer> {
  const { handle } = await openRegularFile(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function checkRegular(found: Stats): void {
  if (found.isFile()) return;
  const what = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a named pipe'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  throw new Malformed(`is ${what} and not a file`);
}

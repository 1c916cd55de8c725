import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from './atomic-write.js';

/**
 * What time it is in ms since 1970 by the clock of a folder's file system: the one that all machines see which share the
 * folder. Throws the file system's error where nothing can be written.
 */
export function fileSystemTime(folder: string): number {
  const file = temporaryName(join(folder, 'clock'));
  writeFileSync(file, '\n');
  try {
    return statSync(file).mtimeMs;
  } finally {
    rmSync(file, { force: true });
  }
}

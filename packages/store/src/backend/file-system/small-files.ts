import { linkSync, mkdirSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { temporaryName } from './atomic-write.js';
import { hasCode } from './file-errors.js';
import { versionOf } from './version.js';

/**
 * Small files that are made and replaced under conditions, such as claims. Nothing here is asynchronous: no time is to pass
 * between a comparison and what follows from it, and no file is to stay empty for long.
 */
export interface SmallFiles {
  /** The version of the file that was made; undefined when there was one already. Throws the file system's error. */
  create(path: string, content: Uint8Array): string | undefined;
  /**
   * Replaces a file that still has this version, by a rename, so that no reader finds it half written. Returns its new version;
   * undefined when it is gone or has another version. Throws the file system's error.
   */
  replace(path: string, content: Uint8Array, version: string): string | undefined;
}

/** Version of a file that somebody removed as soon as it was written: no file has it. */
const gone = 'gone';

/**
 * A process makes thousands of claims with the same content, one after the other. To make a file takes ten times as long as to
 * give one more name to a file, so that a claim is another name of the one before it where that is still there and as it was
 * written. A file that may have several names is never written into.
 */
export function smallFiles(): SmallFiles {
  let last: { readonly path: string; readonly content: Uint8Array; readonly version: string } | undefined;

  /** As {@link SmallFiles.create}, by a link; `failed` where there is nothing to link to, or the file system has no links. */
  function createLink(path: string, content: Uint8Array): string | undefined | typeof failed {
    if (last === undefined || Buffer.compare(last.content, content) !== 0) return failed;
    const { path: from } = last;
    try {
      inFolder(path, () => linkSync(from, path));
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return undefined;
      last = undefined;
      return failed;
    }
    const made = versionAt(path);
    if (made === last.version) return made;
    // The file that has the name of the claim before is somebody else's by now.
    last = undefined;
    removeAtOnce(path);
    return failed;
  }

  return {
    create(path, content) {
      const linked = createLink(path, content);
      if (linked !== failed) return linked;
      const made = createFile(path, content);
      if (made !== undefined) last = { path, content, version: made };
      return made;
    },
    replace(path, content, version) {
      if (versionAt(path) !== version) return undefined;
      const temporary = temporaryName(path);
      try {
        writeFileSync(temporary, content, { flag: 'wx' });
      } catch (error) {
        removeAtOnce(temporary);
        throw error;
      }
      const own = versionAt(temporary);
      if (versionAt(path) === version) {
        renameSync(temporary, path);
        return own;
      }
      removeAtOnce(temporary);
      return undefined;
    },
  };
}

const failed = Symbol('failed');

function createFile(path: string, content: Uint8Array): string | undefined {
  try {
    inFolder(path, () => writeFileSync(path, content, { flag: 'wx' }));
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return undefined;
    // Made and not written, as on a full disk: it would stay, and nobody could tell whose it is.
    removeAtOnce(path);
    throw error;
  }
  return versionAt(path);
}

/** Makes something in a folder that is made where there is none. Most often there is one. */
function inFolder(path: string, make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    mkdirSync(dirname(path), { recursive: true });
    make();
  }
}

function versionAt(path: string): string {
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? versionOf(found) : gone;
}

/** Silent: the process is about to be killed, and there is nobody left to tell. */
export function removeAtOnce(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

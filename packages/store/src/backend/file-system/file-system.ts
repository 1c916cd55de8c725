import { type Stats, statSync, unlinkSync } from 'node:fs';
import { link, lstat, mkdir, realpath, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Backend, Changed, type Found } from '../backend.js';
import { writeAtomically } from './atomic-write.js';
import { hasCode, readError, writeError } from './file-errors.js';
import { fileSystemTime } from './file-system-time.js';
import { leftoversIn } from './leftovers.js';
import { listFolder } from './list-folder.js';
import { moveAside } from './move-aside.js';
import { openRegularFile } from './regular-file.js';
import { removeAtOnce, smallFiles } from './small-files.js';
import { versionOf } from './version.js';
import { requireWritable } from './writable-folder.js';

/**
 * Objects as files of a folder, which is made when the first is put. Machines may share it over a network file system; one
 * that shows what others wrote late makes work be done twice and nothing wrong.
 */
export function openFileSystem(folder: string): Backend {
  const pathOf = (name: string): string => join(folder, ...name.split('/'));
  const find = (name: string): Promise<Found | undefined> => findFile(pathOf(name));
  const small = smallFiles();
  return {
    location: folder,
    place: pathOf,
    requireWritable: () => requireWritable(folder),
    put: (name, parts, options) => writeAtomically(pathOf(name), parts, options),
    async putIfAbsent(name, content) {
      return small.create(pathOf(name), content);
    },
    async putIfUnchanged(name, content, version) {
      return small.replace(pathOf(name), content, version);
    },
    find,
    read: (name, into, from, version) => readFile(pathOf(name), into, from, version),
    list: (of) => listFolder(folder, of, find),
    now: async () => timeIn(folder),
    async remove(name, version) {
      if (version !== undefined) return removeVersion(pathOf(name), version);
      await remove(pathOf(name));
      return true;
    },
    removeAtOnce(names) {
      for (const name of names) removeAtOnce(pathOf(name));
    },
    async moveAside(name) {
      const movedTo = await moveAside(pathOf(name));
      return movedTo && `${name}${movedTo.slice(pathOf(name).length)}`;
    },
    async obstacle(name) {
      const parts = name.split('/');
      for (const n of parts.keys()) {
        const part = parts.slice(0, n + 1).join('/');
        const found = await statOf(pathOf(part));
        if (found === undefined) return undefined;
        const wanted = n + 1 === parts.length ? 'file' : 'folder';
        if (wanted === 'file' ? found.isFile() : found.isDirectory()) continue;
        return { name: part, reason: `is not a ${wanted}`, version: versionOf(found), modifiedAt: found.mtimeMs };
      }
      return undefined;
    },
    adopt: (source, name) => adopt(source.place(name), pathOf(name)),
    async *leftovers() {
      for await (const name of leftoversIn(folder)) {
        const bytes = (await find(name))?.bytes ?? 0;
        yield { place: pathOf(name), bytes, remove: () => rm(pathOf(name), { force: true }) };
      }
    },
  };
}

/** The file system's own time; this machine's where the folder cannot tell. */
function timeIn(folder: string): number {
  try {
    return fileSystemTime(folder);
  } catch {
    return Date.now();
  }
}

/** Whatever has the path; mostly that is a file, which takes one call to the system. */
async function remove(path: string): Promise<void> {
  try {
    await unlink(path).catch((error: unknown) =>
      hasCode(error, 'ENOENT') ? undefined : rm(path, { force: true, recursive: true }),
    );
  } catch (error) {
    throw writeError(error, path);
  }
}

/** Not asynchronous, so that hardly any time passes between the comparison and the removal. */
function removeVersion(path: string, version: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found?.isFile() || versionOf(found) !== version) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return false;
    throw writeError(error, path);
  }
}

/** What has the path, or the link itself where it leads nowhere; undefined when there is nothing. */
function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => lstat(path).catch(() => undefined));
}

/** Whether the file could be linked, which takes no space. */
async function adopt(from: string, to: string): Promise<boolean> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await link(await realpath(from), to);
    return true;
  } catch {
    return false;
  }
}

/** Not asynchronous: a look takes a few microseconds, and to have another thread look takes twenty times as long. */
async function findFile(path: string): Promise<Found | undefined> {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() ? foundOf(found) : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw readError(error, path);
  }
}

async function readFile(path: string, into: Uint8Array, from: number, version?: string): Promise<Found | undefined> {
  const opened = await openRegularFile(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
  if (opened === undefined) return undefined;
  const { handle, stats } = opened;
  try {
    const found = foundOf(stats);
    if (version !== undefined && found.version !== version) throw new Changed(`${path} was replaced`);
    const wanted = Math.min(into.length, Math.max(0, found.bytes - from));
    for (let filled = 0; filled < wanted; ) {
      const length = Math.min(readBytes, wanted - filled);
      const { bytesRead } = await handle.read(into, filled, length, from + filled);
      if (bytesRead === 0) throw new Changed(`${path} was cut short`);
      filled += bytesRead;
    }
    return found;
  } finally {
    await handle.close();
  }
}

/** Bytes that are asked for at once: some systems refuse 2 GiB. */
const readBytes = 1 << 26;

function foundOf(stats: { readonly size: number; readonly ino: number; readonly mtimeMs: number }): Found {
  return { bytes: stats.size, version: versionOf(stats), modifiedAt: stats.mtimeMs };
}

import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is known of a file of a folder, by its path with `/`. */
export type Files = Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;

/** Puts bytes at the end of a file. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/** Writes files into a folder and keeps account of them. */
export interface FolderWriter {
  /** In the order in which they were written. */
  readonly files: Files;
  /** @returns the path, for whoever names the file elsewhere */
  write(path: string, content: (append: Append) => Promise<void>): Promise<string>;
}

/** @param checkpoint is called before each part of a file, and throws to stop */
export function folderWriter(folder: string, checkpoint: () => void): FolderWriter {
  const files: Record<string, Files[string]> = {};
  return {
    files,
    async write(path, content) {
      const file = join(folder, ...path.split('/'));
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(file, 'wx');
      const hash = createHash('sha256');
      let bytes = 0;
      try {
        await content(async (part) => {
          checkpoint();
          hash.update(part);
          bytes += part.length;
          await handle.writeFile(part);
        });
        await handle.sync();
      } finally {
        await handle.close();
      }
      files[path] = { bytes, sha256: hash.digest('hex') };
      return path;
    },
  };
}

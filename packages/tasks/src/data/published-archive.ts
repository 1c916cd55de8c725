import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CifarArchive, locateArchive, verifyArchive } from './cifar.js';
import { isFile } from './is-file.js';
import { originOf } from './origin.js';
import { type PublishedData, type PublishedFile, problemOf } from './published.js';
import type { DataEnvironment } from './task-data.js';

/** The archive as what `bench data` lists and brings. */
export function publishedArchive(archive: CifarArchive): PublishedData {
  const find = async ({ cacheFolder }: DataEnvironment): Promise<PublishedFile[]> => {
    const file = join(cacheFolder, archive.id, archive.file);
    if (!(await isFile(file))) return [{ name: archive.file }];
    const [{ size: bytes }, from] = await Promise.all([stat(file), originOf(file)]);
    const problem = await verifyArchive(file, archive).then(() => undefined, problemOf);
    return [{ name: archive.file, file, bytes, ...(from && { from }), ...(problem && { problem }) }];
  };
  return {
    sources: [archive.url],
    find,
    async get(environment) {
      await locateArchive(archive, '', environment);
      return find(environment);
    },
  };
}

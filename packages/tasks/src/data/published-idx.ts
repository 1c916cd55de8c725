import { stat } from 'node:fs/promises';
import { foldersOf, type IdxFiles, type IdxName, idxNames, locate, present, readVerified } from './idx-files.js';
import { npmName } from './npm-package.js';
import { originOf } from './origin.js';
import { type PublishedData, type PublishedFile, problemOf } from './published.js';
import type { DataEnvironment } from './task-data.js';

/** The four files as what `bench data` lists and brings. */
export function publishedIdx(files: IdxFiles): PublishedData {
  const find = (environment: DataEnvironment) =>
    Promise.all(Object.values(idxNames).map((name) => lookAt(files, name, environment)));
  return {
    sources: [
      ...(files.knownAs === undefined ? [] : [files.knownAs]),
      ...(files.npm === undefined ? [] : [npmName(files.npm)]),
      ...files.mirrors,
    ],
    find,
    async get(environment) {
      for (const name of Object.values(idxNames))
        await readVerified(files, await locate(files, name, '', environment), name);
      return find(environment);
    },
  };
}

async function lookAt(files: IdxFiles, name: IdxName, environment: DataEnvironment): Promise<PublishedFile> {
  const file = await present(foldersOf(files, environment), name);
  if (file === undefined) return { name };
  const { size: bytes } = await stat(file);
  const known = files.knownFolders.some((folder) => file.startsWith(folder));
  const from = known ? files.knownAs : await originOf(file);
  const problem = await readVerified(files, file, name).then(() => undefined, problemOf);
  return { name, file, bytes, ...(from !== undefined && { from }), ...(problem !== undefined && { problem }) };
}

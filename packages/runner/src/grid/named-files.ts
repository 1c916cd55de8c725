import { createHash } from 'node:crypto';
import { BenchError, filesOf, isAddress, locateFiles, type ParamSpecs, type Params } from '@attribution-bench/contract';
import { openRegularFile } from '@attribution-bench/store';
import type { NamedFiles } from '../model/grid.js';

/**
 * Finds the files that parameters name. What is in them becomes part of keys, except where the parameter of their checksum says
 * it already, and of addresses on the network, which say it themselves.
 * @param folder where relative paths start
 * @throws BenchError FILE_UNREADABLE
 */
export async function namedFiles(specs: ParamSpecs, params: Params<ParamSpecs>, folder: string): Promise<NamedFiles> {
  const located = locateFiles(specs, params, folder);
  const contents: Record<string, string> = {};
  for (const { path, file, hasChecksum } of filesOf(specs, located))
    if (!hasChecksum) contents[path] = isAddress(file) ? file : await contentHash(file);
  return { located, contents };
}

/** SHA-256 of what is in a file. @throws BenchError FILE_UNREADABLE */
export async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const { handle } = await openRegularFile(file);
    for await (const part of handle.createReadStream()) hash.update(part);
  } catch (cause) {
    throw new BenchError({
      code: 'FILE_UNREADABLE',
      message: `${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})`,
      next: 'relative paths start at the grid file',
      cause,
    });
  }
  return hash.digest('hex');
}

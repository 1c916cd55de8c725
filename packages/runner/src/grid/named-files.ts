import { createHash } from 'node:crypto';
import { BenchError, isAddress, locateFiles, type ParamSpecs, type Params } from '@attribution-bench/contract';
import { openRegularFile } from '@attribution-bench/store';
import type { NamedFiles } from '../model/grid.js';

/**
 * Finds the files that parameters name. What is in them becomes part of keys, except where a parameter `<name>Sha256` says it
 * already, and of addresses on the network, which say it themselves.
 * @param folder where relative paths start
 * @throws BenchError FILE_UNREADABLE
 */
export async function namedFiles(specs: ParamSpecs, params: Params<ParamSpecs>, folder: string): Promise<NamedFiles> {
  const located = locateFiles(specs, params, folder);
  const contents: Record<string, string> = {};
  for (const [name, value] of Object.entries(located)) {
    if (specs[name]?.file !== true || typeof value !== 'string' || value === '') continue;
    if (Object.hasOwn(specs, `${name}Sha256`)) continue;
    contents[name] = isAddress(value) ? value : await contentHash(value);
  }
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

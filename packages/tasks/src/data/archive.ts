import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { BenchError } from '@attribution-bench/contract';
import { Parser } from 'tar';

/** What an archive may hold besides the members that are read: more is no archive of theirs, and takes long to skip. */
const mostOther = 1 << 24;

/**
 * Reads the named members of a tar archive, gzipped or not, into memory. Nothing is written to disk and other members
 * are skipped, so an entry whose path leads elsewhere has no effect.
 * @param sizes member path → the exact number of bytes it must have
 * @returns member path → its bytes
 * @throws BenchError DATA_CORRUPT when the archive is damaged or truncated, when a member is missing, doubled or of another
 *   size, or when it holds much else
 */
export async function readArchiveMembers(
  file: string,
  sizes: ReadonlyMap<string, number>,
): Promise<Map<string, Uint8Array>> {
  const corrupt = (message: string, cause?: unknown) =>
    new BenchError({
      code: 'DATA_CORRUPT',
      place: file,
      message,
      next: 'delete it and get it again',
      cause,
    });
  const members = new Map<string, Uint8Array>();
  let problem: BenchError | undefined;
  let other = 0;
  const stop = new AbortController();
  try {
    const parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        const name = entry.path.replace(/^\.\//, '');
        const size = sizes.get(name);
        if (size === undefined) {
          other += entry.size ?? 0;
          if (other > mostOther) {
            problem ??= corrupt(`holds ${other} bytes of other files, such as ${name}`);
            stop.abort();
          }
          return void entry.resume();
        }
        if (entry.type !== 'File') problem ??= corrupt(`${name} is not a file but a ${entry.type}`);
        if (members.has(name)) problem ??= corrupt(`${name} is in it twice`);
        if (entry.size !== size) problem ??= corrupt(`${name} has ${entry.size} bytes, expected ${size}`);
        if (problem !== undefined) return void entry.resume();
        const bytes = new Uint8Array(size);
        let filled = 0;
        entry.on('data', (chunk: Buffer) => {
          bytes.set(chunk, filled);
          filled += chunk.length;
        });
        entry.on('end', () => {
          if (filled === size) members.set(name, bytes);
        });
      },
    });
    await pipeline(createReadStream(file), parser as unknown as NodeJS.WritableStream, { signal: stop.signal });
  } catch (cause) {
    if (problem !== undefined) throw problem;
    throw corrupt(`is a truncated or damaged archive (${cause instanceof Error ? cause.message : cause})`, cause);
  }
  if (problem !== undefined) throw problem;
  for (const name of sizes.keys()) {
    if (!members.has(name)) throw corrupt(`is truncated or incomplete: it holds no whole ${name}`);
  }
  return members;
}

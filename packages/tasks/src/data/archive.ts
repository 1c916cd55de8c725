import { createReadStream } from 'node:fs';
import { BenchError } from '@attribution-bench/contract';
import { Parser } from 'tar';

/** What an archive may hold besides the members that are read: more is no archive of theirs, and takes long to skip. */
const mostOther = 1 << 24;
/** Bytes of an archive that are unpacked at a time. */
const packedBytes = 1 << 16;

/** Some bytes of a member. */
export interface MemberPart {
  readonly name: string;
  /** Where in the member they begin. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads the named members of a tar archive, gzipped or not, part by part, in the order in which the archive has them. Nothing
 * is written to disk and other members are skipped, so an entry whose path leads elsewhere has no effect.
 * @param sizes member path → the exact number of bytes it must have
 * @throws BenchError DATA_CORRUPT, at the end at the latest, when the archive is damaged or truncated, when a member is missing,
 *   doubled or of another size, or when it holds much else
 */
export async function* archiveParts(file: string, sizes: ReadonlyMap<string, number>): AsyncGenerator<MemberPart> {
  const corrupt = (message: string, cause?: unknown) =>
    new BenchError({
      code: 'DATA_CORRUPT',
      place: file,
      message,
      next: 'delete it and get it again',
      cause,
    });
  const whole = new Set<string>();
  const begun = new Set<string>();
  let parts: MemberPart[] = [];
  let problem: BenchError | undefined;
  let other = 0;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      const name = entry.path.replace(/^\.\//, '');
      const size = sizes.get(name);
      if (size === undefined) {
        other += entry.size ?? 0;
        if (other > mostOther) problem ??= corrupt(`holds ${other} bytes of other files, such as ${name}`);
        return void entry.resume();
      }
      if (entry.type !== 'File') problem ??= corrupt(`${name} is not a file but a ${entry.type}`);
      if (begun.has(name)) problem ??= corrupt(`${name} is in it twice`);
      if (entry.size !== size) problem ??= corrupt(`${name} has ${entry.size} bytes, expected ${size}`);
      if (problem !== undefined) return void entry.resume();
      begun.add(name);
      let at = 0;
      entry.on('data', (bytes: Buffer) => {
        parts.push({ name, at, bytes });
        at += bytes.length;
      });
      entry.on('end', () => {
        if (at === size) whole.add(name);
      });
    },
  });
  parser.on('error', (cause: unknown) => {
    problem ??= corrupt(`is a truncated or damaged archive (${cause instanceof Error ? cause.message : cause})`, cause);
  });
  const taken = (): MemberPart[] => {
    if (problem !== undefined) throw problem;
    const found = parts;
    parts = [];
    return found;
  };
  try {
    for await (const packed of createReadStream(file, { highWaterMark: packedBytes })) {
      parser.write(packed);
      yield* taken();
    }
    const ended = new Promise<void>((resolve) => {
      parser.on('end', resolve);
      parser.on('error', () => resolve());
    });
    parser.end();
    await ended;
  } catch (cause) {
    if (cause instanceof BenchError) throw cause;
    throw corrupt(`cannot be read (${cause instanceof Error ? cause.message : cause})`, cause);
  }
  yield* taken();
  for (const name of sizes.keys()) {
    if (!whole.has(name)) throw corrupt(`is truncated or incomplete: it holds no whole ${name}`);
  }
}

/**
 * The named members of a tar archive, in memory.
 * @returns member path → its bytes
 * @throws BenchError DATA_CORRUPT as {@link archiveParts}
 */
export async function readArchiveMembers(
  file: string,
  sizes: ReadonlyMap<string, number>,
): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>();
  for await (const { name, at, bytes } of archiveParts(file, sizes)) {
    const member = members.get(name) ?? new Uint8Array(sizes.get(name) ?? 0);
    members.set(name, member);
    member.set(bytes, at);
  }
  return members;
}

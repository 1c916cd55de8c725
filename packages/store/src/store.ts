import { lstat, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError, canonicalJson, hashJson, type Json, sha256 } from '@attribution-bench/contract';
import { type Artifact, type OpenArtifact, openArtifactFile, readArrays, writeArtifactFile } from './artifact-file.js';
import { isLeftover } from './atomic-write.js';
import { isClaim, isInUse } from './claims.js';
import { hasCode, readError } from './file-errors.js';
import { ageOfFile, entriesOf } from './leftovers.js';
import { Malformed } from './malformed.js';
import { moveAside } from './move-aside.js';
import { readNote, writeNote } from './note.js';

/** What identifies an artifact: the kind of step that makes it and the hash of all that it is made from. */
export interface ArtifactRef {
  /** Lower-case letters and dashes. */
  readonly kind: string;
  /** SHA-256, lower-case hex. */
  readonly key: string;
}

/** An artifact that is to be stored: `made` is what its key is the hash of, and names its kind as `step`. */
export interface ArtifactOutput extends ArtifactRef {
  readonly made: { readonly [part: string]: Json | undefined };
}

export interface StoredArtifact extends ArtifactRef {
  readonly file: string;
  readonly bytes: number;
}

/** What was found torn, altered or under a name that is not its own, and where it is kept now. */
export interface SetAside {
  readonly reason: string;
  readonly movedTo: string;
}

/**
 * A folder of artifacts, `<kind>/<ab>/<key>.safetensors`, safe to share between processes, to copy and to delete. Each holds
 * what it was made from, and its name is the hash of that: what is read is sound and what was asked for, or is set aside.
 */
export interface Store {
  readonly folder: string;
  /** Path of an artifact, stored or not. */
  file(ref: ArtifactRef): string;
  /** Whether there is a file of its name, whatever is in it. */
  has(ref: ArtifactRef): Promise<boolean>;
  /**
   * Stores an artifact with what it was made from. What is in its place and no file is set aside.
   * @throws BenchError STORE_FULL, STORE_UNWRITABLE, STORE_WRITE, what was stored before stays; TypeError when the key is
   * not that of `made`
   */
  write(output: ArtifactOutput, artifact: Artifact): Promise<void>;
  /**
   * The whole artifact, checked, with what it was made from as `made` in its metadata.
   * @throws BenchError STORE_MISSING, or STORE_CORRUPT once the bad file is set aside
   */
  read(ref: ArtifactRef): Promise<Artifact>;
  /** Some of an artifact's arrays, each checked, and its metadata. @throws as `read` */
  readArrays(ref: ArtifactRef, names: readonly string[]): Promise<Artifact>;
  /** The metadata, with the header checked but not the arrays. @throws as `read` */
  readMetadata(ref: ArtifactRef): Promise<Artifact['metadata']>;
  /**
   * Whether the artifact is stored, sound and what its name says. Files of more than `deepBytes` (default: none) are checked by header and
   * length only: their arrays are when they are read.
   */
  isSound(ref: ArtifactRef, deepBytes?: number): Promise<boolean>;
  /** What making it cost; kept beside the artifact because two runs never cost the same. */
  writeCost(ref: ArtifactRef, cost: ArtifactCost): Promise<void>;
  readCost(ref: ArtifactRef): Promise<ArtifactCost | undefined>;
  /** Everything stored, in order of kind and key. */
  list(kind?: string): AsyncIterable<StoredArtifact>;
  /** Files of {@link Claims}, those that ended among them. */
  listClaims(): AsyncIterable<string>;
  /** Artifacts whose key is not in `keep`, files set aside, leftovers, claims nobody holds; removes them when told to. */
  collect(keep: ReadonlySet<string>, options: { readonly remove: boolean }): Promise<Collected>;
}

export interface ArtifactCost {
  readonly seconds: number;
  readonly peakRssBytes: number;
}

export interface Collected {
  readonly files: readonly string[];
  readonly bytes: number;
  /** Artifacts that stay. */
  readonly kept: number;
}

const kindPattern = /^[a-z][a-z-]{0,31}$/;
const keyPattern = /^[0-9a-f]{64}$/;
const artifactName = /^([0-9a-f]{64})\.safetensors$/;
const besidesName = /^[0-9a-f]{64}\.(cost\.json|(cost\.json|claim|safetensors)\.corrupt-\d+)$/;

/**
 * Opens (without creating anything) the store in a folder. `onSetAside` hears of every bad file.
 * @param options.moves false where user code runs beside, which may make a sound file look bad: bad ones stay where they are
 */
export function openStore(
  folder: string,
  onSetAside: (found: SetAside) => void = () => undefined,
  { moves = true }: { readonly moves?: boolean } = {},
): Store {
  const shardOf = ({ kind, key }: ArtifactRef): string => join(folder, kind, key.slice(0, 2));
  const file = ({ kind, key }: ArtifactRef): string => {
    if (!kindPattern.test(kind) || !keyPattern.test(key)) throw new TypeError(`"${kind}/${key}" names no artifact`);
    return join(shardOf({ kind, key }), `${key}.safetensors`);
  };

  /** Sets aside what cannot be used; what became of it, in words. */
  async function setAside(path: string, reason: string): Promise<string> {
    if (!moves) return 'it stays where it is';
    try {
      const movedTo = await moveAside(path);
      if (movedTo === undefined) return 'it is gone now';
      onSetAside({ reason, movedTo });
      return `it was set aside as ${movedTo}`;
    } catch (error) {
      return `it could not be set aside (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  /** Sets aside what stands where a folder of the store or a file has to be; whether there was anything. */
  async function clearPlace(ref: ArtifactRef): Promise<boolean> {
    for (const [path, wanted] of [
      [dirname(shardOf(ref)), 'folder'],
      [shardOf(ref), 'folder'],
      [file(ref), 'file'],
    ] as const) {
      const found = await stat(path).catch(() => lstat(path).catch(() => undefined));
      if (found === undefined || (wanted === 'folder') === found.isDirectory()) continue;
      await setAside(path, `is no ${wanted}`);
      return true;
    }
    return false;
  }

  async function reading<T>(ref: ArtifactRef, read: (opened: OpenArtifact) => Promise<T>): Promise<T> {
    const path = file(ref);
    const corrupt = async (reason: string, cause: unknown, place = path): Promise<BenchError> =>
      new BenchError({
        code: 'STORE_CORRUPT',
        place,
        message: `${reason}; ${await setAside(place, reason)}`,
        next: 'run the grid again: it makes the result anew',
        cause,
      });
    try {
      const opened = await openArtifactFile(path);
      try {
        checkIdentity(ref, opened.metadata);
        return await read(opened);
      } finally {
        await opened.close();
      }
    } catch (error) {
      if (error instanceof Malformed) throw await corrupt(error.message, error);
      if (hasCode(error, 'ENOENT') || (hasCode(error, 'ENOTDIR') && (await clearPlace(ref))))
        throw new BenchError({
          code: 'STORE_MISSING',
          place: path,
          message: 'is not there',
          next: 'run the grid again: it makes what is missing',
          cause: error,
        });
      throw readError(error, path);
    }
  }

  async function* walk(kind?: string): AsyncGenerator<{ kind: string; name: string; path: string; isFile: boolean }> {
    for (const kindEntry of await entriesOf(folder)) {
      if (!kindEntry.isDirectory() || !kindPattern.test(kindEntry.name)) continue;
      if (kind !== undefined && kindEntry.name !== kind) continue;
      for (const shard of await entriesOf(join(folder, kindEntry.name))) {
        if (!shard.isDirectory() || !/^[0-9a-f]{2}$/.test(shard.name)) continue;
        for (const entry of await entriesOf(join(folder, kindEntry.name, shard.name)))
          yield {
            kind: kindEntry.name,
            name: entry.name,
            path: join(folder, kindEntry.name, shard.name, entry.name),
            isFile: entry.isFile(),
          };
      }
    }
  }

  const costFile = (ref: ArtifactRef) => file(ref).replace(/safetensors$/, 'cost.json');
  const costOf = ({ kind, key }: ArtifactRef) => `cost of ${kind}/${key}`;

  return {
    folder,
    file,
    has: (ref) =>
      stat(file(ref)).then(
        (found) => found.isFile(),
        () => false,
      ),
    async write(output, { arrays, metadata }) {
      const { kind, key, made } = output;
      if (hashJson(made) !== key || made.step !== kind || metadata.made !== undefined)
        throw new TypeError(`what ${kind}/${key} is made from is not what its name is the hash of`);
      const artifact = { arrays, metadata: { ...metadata, made: canonicalJson(made) } };
      try {
        await writeArtifactFile(file(output), artifact);
      } catch (error) {
        if (!(await clearPlace(output))) throw error;
        await writeArtifactFile(file(output), artifact);
      }
    },
    read: (ref) => reading(ref, async (opened) => ({ arrays: await readArrays(opened), metadata: opened.metadata })),
    readMetadata: (ref) => reading(ref, async ({ metadata }) => metadata),
    readArrays: (ref, names) =>
      reading(ref, async (opened) => ({ arrays: await readArrays(opened, names), metadata: opened.metadata })),
    async isSound(ref, deepBytes = Number.POSITIVE_INFINITY) {
      try {
        await reading(ref, async (opened) => {
          if (opened.size <= deepBytes) await readArrays(opened);
        });
        return true;
      } catch (error) {
        if (hasCode(error, 'STORE_MISSING', 'STORE_CORRUPT')) return false;
        throw error;
      }
    },
    writeCost: (ref, cost) => writeNote(costFile(ref), costOf(ref), { ...cost }),
    async readCost(ref) {
      const cost: unknown = await readNote(costFile(ref), costOf(ref));
      return isCost(cost) ? cost : undefined;
    },
    async *list(kind) {
      for await (const { kind: found, name, path, isFile } of walk(kind)) {
        const key = artifactName.exec(name)?.[1];
        if (key !== undefined && isFile) yield { kind: found, key, file: path, bytes: await sizeOfFile(path) };
      }
    },
    async *listClaims() {
      for await (const { name, path } of walk()) if (isClaim(name)) yield path;
    },
    async collect(keep, { remove }) {
      const files: string[] = [];
      let bytes = 0;
      let kept = 0;
      for await (const { name, path, isFile } of walk()) {
        if (!isFile && !besidesName.test(name)) continue;
        const key = name.slice(0, 64);
        const artifact = artifactName.test(name);
        if (artifact || name.endsWith('.cost.json')) {
          if (keep.has(key)) {
            if (artifact) kept++;
            continue;
          }
        } else if (isClaim(name)) {
          if (await isInUse(path)) continue;
        } else if (!besidesName.test(name) && !isLeftover(name, await ageOfFile(path))) continue;
        bytes += await sizeOfFile(path);
        files.push(path);
        if (remove) await rm(path, { force: true, recursive: !isFile });
      }
      return { files, bytes, kept };
    },
  };
}

/** @throws Malformed when an artifact was made as something else than its name says */
function checkIdentity({ kind, key }: ArtifactRef, { made }: Artifact['metadata']): void {
  if (made === undefined) throw new Malformed('does not say what it was made from');
  if (sha256(made) !== key || stepOf(made) !== kind)
    throw new Malformed('is another result than the one that its name stands for');
}

function stepOf(made: string): unknown {
  try {
    return JSON.parse(made)?.step;
  } catch {
    return undefined;
  }
}

async function sizeOfFile(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function isCost(value: unknown): value is ArtifactCost {
  if (typeof value !== 'object' || value === null) return false;
  const { seconds, peakRssBytes } = value as Partial<ArtifactCost>;
  return Number.isFinite(seconds) && Number.isFinite(peakRssBytes);
}

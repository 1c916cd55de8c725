import type { Dirent } from 'node:fs';
import { access, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type NdArray } from '@attribution-bench/contract';
import { type Artifact, openArtifactFile, readArtifactFile, writeArtifactFile } from './artifact-file.js';
import { isLeftover, writeAtomically } from './atomic-write.js';
import { isClaim, isInUse } from './claims.js';
import { hasCode, readError } from './file-errors.js';
import { Malformed } from './safetensors.js';

/** What identifies an artifact: the kind of step that makes it and the hash of all that it is made from. */
export interface ArtifactRef {
  /** Lower-case letters and dashes. */
  readonly kind: string;
  /** SHA-256, lower-case hex. */
  readonly key: string;
}

export interface StoredArtifact extends ArtifactRef {
  readonly file: string;
  readonly bytes: number;
}

/** A file that was found torn or altered, and where it is kept now. */
export interface SetAside {
  readonly ref: ArtifactRef;
  readonly reason: string;
  readonly movedTo: string;
}

/** A folder of artifacts, `<kind>/<ab>/<key>.safetensors`, safe to share between processes, to copy and to delete. */
export interface Store {
  readonly folder: string;
  /** Path of an artifact, stored or not. */
  file(ref: ArtifactRef): string;
  has(ref: ArtifactRef): Promise<boolean>;
  /** @throws BenchError STORE_FULL, STORE_UNWRITABLE, STORE_WRITE; what was stored before stays */
  write(ref: ArtifactRef, artifact: Artifact): Promise<void>;
  /**
   * The whole artifact, checked.
   * @throws BenchError STORE_MISSING, or STORE_CORRUPT once the bad file is set aside
   */
  read(ref: ArtifactRef): Promise<Artifact>;
  /** Some of an artifact's arrays, each checked, and its metadata. @throws as `read` */
  readArrays(ref: ArtifactRef, names: readonly string[]): Promise<Artifact>;
  /** The metadata, with the header checked but not the arrays. @throws as `read` */
  readMetadata(ref: ArtifactRef): Promise<Artifact['metadata']>;
  /**
   * Whether the artifact is stored and sound. Files of more than `deepBytes` (default: none) are checked by header and
   * length only: their arrays are when they are read.
   */
  isSound(ref: ArtifactRef, deepBytes?: number): Promise<boolean>;
  /** What making it cost; kept beside the artifact because two runs never cost the same. */
  writeCost(ref: ArtifactRef, cost: ArtifactCost): Promise<void>;
  readCost(ref: ArtifactRef): Promise<ArtifactCost | undefined>;
  /** Everything stored, in order of kind and key. */
  list(kind?: string): AsyncIterable<StoredArtifact>;
  /** Removes what interrupted writes left behind; returns how many files that were. */
  removeLeftovers(): Promise<number>;
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
const besidesName = /^[0-9a-f]{64}\.(cost\.json|safetensors\.corrupt-\d+)$/;

/** Opens (without creating anything) the store in a folder. `onSetAside` hears of every bad file. */
export function openStore(folder: string, onSetAside: (found: SetAside) => void = () => undefined): Store {
  const file = ({ kind, key }: ArtifactRef): string => {
    if (!kindPattern.test(kind) || !keyPattern.test(key)) throw new TypeError(`"${kind}/${key}" names no artifact`);
    return join(folder, kind, key.slice(0, 2), `${key}.safetensors`);
  };

  async function setAside(ref: ArtifactRef, reason: string): Promise<string> {
    const from = file(ref);
    for (let n = 1; ; n++) {
      const to = `${from}.corrupt-${n}`;
      if (await exists(to)) continue;
      try {
        await rename(from, to);
        onSetAside({ ref, reason, movedTo: to });
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw readError(error, from);
      }
      return to;
    }
  }

  async function reading<T>(ref: ArtifactRef, read: (path: string) => Promise<T>): Promise<T> {
    const path = file(ref);
    try {
      return await read(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT'))
        throw new BenchError({
          code: 'STORE_MISSING',
          place: path,
          message: 'is not there',
          next: 'run the grid again: it makes what is missing',
          cause: error,
        });
      if (!(error instanceof Malformed)) throw readError(error, path);
      throw new BenchError({
        code: 'STORE_CORRUPT',
        place: path,
        message: `${error.message}; it was set aside as ${await setAside(ref, error.message)}`,
        next: 'run the grid again: it makes the result anew',
        cause: error,
      });
    }
  }

  async function* walk(kind?: string): AsyncGenerator<{ kind: string; name: string; path: string }> {
    for (const kindEntry of await entries(folder)) {
      if (!kindEntry.isDirectory() || !kindPattern.test(kindEntry.name)) continue;
      if (kind !== undefined && kindEntry.name !== kind) continue;
      for (const shard of await entries(join(folder, kindEntry.name))) {
        if (!shard.isDirectory() || !/^[0-9a-f]{2}$/.test(shard.name)) continue;
        for (const entry of await entries(join(folder, kindEntry.name, shard.name)))
          if (entry.isFile())
            yield {
              kind: kindEntry.name,
              name: entry.name,
              path: join(folder, kindEntry.name, shard.name, entry.name),
            };
      }
    }
  }

  const read = (ref: ArtifactRef): Promise<Artifact> => reading(ref, readArtifactFile);
  const readMetadata = (ref: ArtifactRef): Promise<Artifact['metadata']> =>
    reading(ref, async (path) => {
      const opened = await openArtifactFile(path);
      await opened.close();
      return opened.metadata;
    });
  const costFile = (ref: ArtifactRef) => file(ref).replace(/safetensors$/, 'cost.json');

  return {
    folder,
    file,
    has: (ref) => exists(file(ref)),
    write: (ref, artifact) => writeArtifactFile(file(ref), artifact),
    read,
    readMetadata,
    readArrays: (ref, names) =>
      reading(ref, async (path) => {
        const opened = await openArtifactFile(path);
        try {
          const arrays: Record<string, NdArray> = Object.create(null);
          for (const name of names) arrays[name] = await opened.array(name);
          return { arrays, metadata: opened.metadata };
        } finally {
          await opened.close();
        }
      }),
    async isSound(ref, deepBytes = Number.POSITIVE_INFINITY) {
      try {
        const { size } = await stat(file(ref));
        if (size > deepBytes) await readMetadata(ref);
        else await read(ref);
        return true;
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'STORE_MISSING', 'STORE_CORRUPT')) return false;
        throw readError(error, file(ref));
      }
    },
    writeCost: (ref, cost) => writeAtomically(costFile(ref), `${JSON.stringify(cost)}\n`),
    async readCost(ref) {
      try {
        const cost: unknown = JSON.parse(await readFile(costFile(ref), 'utf8'));
        return isCost(cost) ? cost : undefined;
      } catch (error) {
        if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return undefined;
        throw readError(error, costFile(ref));
      }
    },
    async *list(kind) {
      for await (const { kind: found, name, path } of walk(kind)) {
        const key = artifactName.exec(name)?.[1];
        if (key !== undefined) yield { kind: found, key, file: path, bytes: await sizeOfFile(path) };
      }
    },
    async removeLeftovers() {
      let removed = 0;
      for await (const { name, path } of walk()) {
        if (!name.includes('.tmp-') || !isLeftover(name, await ageOfFile(path))) continue;
        await rm(path, { force: true });
        removed++;
      }
      return removed;
    },
    async collect(keep, { remove }) {
      const files: string[] = [];
      let bytes = 0;
      let kept = 0;
      for await (const { name, path } of walk()) {
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
        if (remove) await rm(path, { force: true });
      }
      return { files, bytes, kept };
    },
  };
}

async function entries(folder: string): Promise<Dirent[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw readError(error, folder);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function sizeOfFile(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function ageOfFile(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

function isCost(value: unknown): value is ArtifactCost {
  if (typeof value !== 'object' || value === null) return false;
  const { seconds, peakRssBytes } = value as Partial<ArtifactCost>;
  return Number.isFinite(seconds) && Number.isFinite(peakRssBytes);
}

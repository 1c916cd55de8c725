import { BenchError, canonicalJson, hashJson } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import { copyObject } from '../backend/copy-object.js';
import { openBackend } from '../backend/open-backend.js';
import { putClearing } from '../backend/put-clearing.js';
import { type Artifact, encodeArtifact, type OpenArtifact, readArrays } from '../format/artifact.js';
import { getNote, putNote } from '../format/note.js';
import { Malformed } from '../malformed.js';
import type { ArtifactOutput, ArtifactRef } from './artifact-ref.js';
import { asideMover } from './aside.js';
import { collectGarbage } from './collect-garbage.js';
import { getCost, putCost } from './cost.js';
import { codeName, latestFolder, latestName, nameOf, parseName } from './names.js';
import { readArtifact } from './read-artifact.js';
import type { CodeParts, SetAside, Store, StoredArtifact } from './store.js';

/**
 * Opens (without creating anything) the store at a location or in a medium. `onSetAside` hears of every bad object.
 * @param options.moves false where user code runs beside, which may make a sound object look bad: bad ones stay where they are
 */
export function openStore(
  at: string | Backend,
  onSetAside: (found: SetAside) => void = () => undefined,
  { moves = true }: { readonly moves?: boolean } = {},
): Store {
  const backend = typeof at === 'string' ? openBackend(at) : at;
  const moveAside = asideMover(backend, onSetAside, moves);
  const reading = <T>(ref: ArtifactRef, read: (opened: OpenArtifact) => Promise<T>): Promise<T> =>
    readArtifact(backend, ref, moveAside, read);
  return {
    location: backend.location,
    backend,
    place: (ref) => backend.place(nameOf(ref, 'safetensors')),
    has: async (ref) => (await backend.find(nameOf(ref, 'safetensors'))) !== undefined,
    async keysOf(kind) {
      const keys = new Set<string>();
      for await (const { name } of backend.list(kind)) {
        const parsed = parseName(name);
        if (parsed?.ending === 'safetensors' && !parsed.isAside) keys.add(parsed.key);
      }
      return keys;
    },
    async write(output, artifact) {
      const parts = encodeArtifact(withOrigin(output, artifact));
      await putClearing(backend, nameOf(output, 'safetensors'), parts, moveAside);
    },
    copyFrom: (source, ref) => copyObject(source.backend, backend, nameOf(ref, 'safetensors')),
    read: (ref) => reading(ref, artifactOf),
    readArrays: (ref, names) => reading(ref, (opened) => artifactOf(opened, names)),
    decode: (ref, decode, names) =>
      reading(ref, async (opened) =>
        decode(
          await artifactOf(
            opened,
            names?.filter((name) => opened.arrays[name] !== undefined),
          ),
        ),
      ),
    fill: (ref, name, into) =>
      reading(ref, async (opened) => {
        if (opened.arrays[name] === undefined) throw new Malformed(`has no array "${name}"`);
        await opened.array(name, into);
      }),
    readMetadata: (ref) => reading(ref, async ({ metadata }) => metadata),
    isSound: (ref, deepBytes = Number.POSITIVE_INFINITY) =>
      succeeds(
        reading(ref, async (opened) => {
          if (opened.size <= deepBytes) await opened.check();
        }),
      ),
    writeCost: (ref, cost) => putCost(backend, ref, cost),
    readCost: (ref) => getCost(backend, ref),
    writeLatest: (place, made) => putNote(backend, latestName(place), place, made),
    readLatest: async (place) =>
      (await getNote(backend, latestName(place), place)) as ArtifactOutput['made'] | undefined,
    async notedPlaces() {
      const names = new Set<string>();
      for await (const { name } of backend.list(latestFolder)) names.add(name);
      return (place) => names.has(latestName(place));
    },
    async writeCode(hash, parts) {
      const name = codeName(hash);
      if ((await getNote(backend, name, hash)) === undefined) await putNote(backend, name, hash, parts);
    },
    readCode: async (hash) => (await getNote(backend, codeName(hash), hash)) as CodeParts | undefined,
    list: (kind) => listArtifacts(backend, kind),
    collect: (keep, options) => collectGarbage(backend, keep, options),
  };
}

/** @throws TypeError when the key is not that of what the artifact is made from */
function withOrigin({ kind, key, made }: ArtifactOutput, { arrays, metadata }: Artifact): Artifact {
  if (hashJson(made) !== key || made.step !== kind || metadata.made !== undefined)
    throw new TypeError(`what ${kind}/${key} is made from is not what its name is the hash of`);
  return { arrays, metadata: { ...metadata, made: canonicalJson(made) } };
}

async function artifactOf(opened: OpenArtifact, names?: readonly string[]): Promise<Artifact> {
  return { arrays: await readArrays(opened, names), metadata: opened.metadata };
}

/** Whether an artifact could be read; false when it is missing or was bad. */
async function succeeds(reading: Promise<void>): Promise<boolean> {
  try {
    await reading;
    return true;
  } catch (error) {
    if (error instanceof BenchError && (error.code === 'STORE_MISSING' || error.code === 'STORE_CORRUPT')) return false;
    throw error;
  }
}

async function* listArtifacts(backend: Backend, wanted = ''): AsyncGenerator<StoredArtifact> {
  for await (const { name, isObject, find } of backend.list(wanted)) {
    const parsed = parseName(name);
    if (!isObject || parsed?.ending !== 'safetensors' || parsed.isAside) continue;
    const { kind, key } = parsed;
    yield { kind, key, place: backend.place(name), bytes: (await find())?.bytes ?? 0 };
  }
}

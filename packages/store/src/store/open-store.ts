import { BenchError } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import { copyObject } from '../backend/copy-object.js';
import { openBackend } from '../backend/open-backend.js';
import { putClearing } from '../backend/put-clearing.js';
import { type Artifact, encodeArtifact, type OpenArtifact, readArrays } from '../format/artifact.js';
import { getNote, putNote } from '../format/note.js';
import { Malformed } from '../malformed.js';
import { joinPacks } from '../packs/join-packs.js';
import { packLoose } from '../packs/pack-loose.js';
import { openPacks, type Packs } from '../packs/packs.js';
import { withOrigin } from './artifact-identity.js';
import type { ArtifactOutput, ArtifactRef } from './artifact-ref.js';
import { asideMover, type SetAside } from './aside.js';
import { collectGarbage } from './collect-garbage.js';
import { getCost, putCost } from './cost.js';
import { codeName, latestFolder, latestName, nameOf, parseName, parsePackName } from './names.js';
import { readArtifact } from './read-artifact.js';
import type { CodeParts, Store, StoredArtifact } from './store.js';

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
  const packs = openPacks(backend, moveAside, moves);
  const reading = <T>(ref: ArtifactRef, read: (opened: OpenArtifact) => Promise<T>): Promise<T> =>
    readArtifact({ backend, packs, moveAside }, ref, read);
  const isLoose = async (ref: ArtifactRef): Promise<boolean> =>
    (await backend.find(nameOf(ref, 'safetensors'))) !== undefined;
  const looseKeys = async (kind: string): Promise<Set<string>> => {
    const keys = new Set<string>();
    for await (const { name } of backend.list(kind)) {
      const parsed = parseName(name);
      if (parsed?.ending === 'safetensors' && !parsed.isAside) keys.add(parsed.key);
    }
    return keys;
  };
  return {
    location: backend.location,
    backend,
    place: (ref) => backend.place(nameOf(ref, 'safetensors')),
    has: async (ref) => packs.known(ref) !== undefined || (await isLoose(ref)) || (await packs.find(ref)) !== undefined,
    async keysOf(kind) {
      // In this order: what is packed meanwhile is in one of the two.
      const keys = await looseKeys(kind);
      for (const key of (await packs.all(kind)).rows.keys()) keys.add(key);
      return keys;
    },
    looseKeys,
    joinPacks: (kind, rowsPerPack) => joinPacks(packs, kind, rowsPerPack),
    pack: (kind, rows) => packLoose(backend, packs, kind, rows),
    async write(output, artifact) {
      const parts = encodeArtifact(withOrigin(output, artifact));
      await putClearing(backend, nameOf(output, 'safetensors'), parts, moveAside);
    },
    writeRow: ({ kind, key, artifact }) =>
      putClearing(backend, nameOf({ kind, key }, 'safetensors'), [artifact], moveAside),
    async copyFrom(source, ref) {
      const name = nameOf(ref, 'safetensors');
      const isPacked = (await source.backend.find(name)) === undefined && (await source.has(ref));
      if (isPacked) await putClearing(backend, name, encodeArtifact(await source.read(ref)), moveAside);
      else await copyObject(source.backend, backend, name);
    },
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
    readCost: async (ref) => packs.known(ref)?.cost ?? (await getCost(backend, ref)) ?? (await packs.find(ref))?.cost,
    writeLatest: (place, made) => putNote(backend, latestName(place), place, made, { lasting: false }),
    async readLatest(kind, place) {
      const noted = (await getNote(backend, latestName(place), place)) as ArtifactOutput['made'] | undefined;
      const key = noted ? packs.knownFor(kind, place) : (await packs.all(kind)).keyOf.get(place);
      if (key === undefined) return noted;
      const notedAt = noted && (await backend.find(latestName(place)))?.modifiedAt;
      if (notedAt !== undefined && notedAt > (packs.known({ kind, key })?.packedAt ?? 0)) return noted;
      return (await madeOf(reading({ kind, key }, async ({ metadata }) => metadata))) ?? noted;
    },
    async notedPlaces(kinds) {
      const names = new Set<string>();
      for await (const { name } of backend.list(latestFolder)) names.add(name);
      const packed = await Promise.all(Array.from(kinds, async (kind) => (await packs.all(kind)).keyOf));
      return (place) => names.has(latestName(place)) || packed.some((keyOf) => keyOf.has(place));
    },
    async writeCode(hash, parts) {
      const name = codeName(hash);
      if ((await getNote(backend, name, hash)) === undefined) await putNote(backend, name, hash, parts);
    },
    readCode: async (hash) => (await getNote(backend, codeName(hash), hash)) as CodeParts | undefined,
    list: (kind) => listArtifacts(backend, packs, kind),
    collect: (keep, options) => collectGarbage(backend, packs, keep, options),
  };
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

/** What an artifact was made from; undefined where that cannot be read any more. */
async function madeOf(reading: Promise<Artifact['metadata']>): Promise<ArtifactOutput['made'] | undefined> {
  try {
    return JSON.parse((await reading).made);
  } catch (error) {
    if (error instanceof BenchError) return undefined;
    throw error;
  }
}

async function* listArtifacts(backend: Backend, packs: Packs, wanted = ''): AsyncGenerator<StoredArtifact> {
  const packed = new Set<string>();
  const loose = new Set<string>();
  for await (const { name, isObject, find } of backend.list(wanted)) {
    const parsed = parseName(name);
    const kind = parsePackName(name)?.kind;
    if (isObject && kind !== undefined) packed.add(kind);
    if (!isObject || parsed?.ending !== 'safetensors' || parsed.isAside) continue;
    const { key } = parsed;
    loose.add(key);
    yield { kind: parsed.kind, key, place: backend.place(name), bytes: (await find())?.bytes ?? 0 };
  }
  for (const kind of packed)
    for (const [key, { pack, start, end }] of (await packs.all(kind)).rows)
      if (!loose.has(key)) yield { kind, key, place: `${backend.place(pack)}#${key}`, bytes: end - start };
}

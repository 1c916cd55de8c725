import { sha256 } from '@attribution-bench/contract';
import type { Backend } from '../backend/backend.js';
import { putClearing } from '../backend/put-clearing.js';
import { Malformed } from '../malformed.js';
import type { ArtifactRef } from '../store/artifact-ref.js';
import type { MoveAside } from '../store/aside.js';
import { newestPackName, packsFolder, parsePackName } from '../store/names.js';
import { encodePack, type OpenPack, openPack, type PackRow, type RowEntry, soundRows } from './pack-file.js';

/** The results of a store that are kept many to an object. What is known of them is kept, and looked for again on a miss. */
export interface Packs {
  /** Where a result is, as far as is known without a look. */
  known(ref: ArtifactRef): RowEntry | undefined;
  /** Key of the newest result for a place in the grid, as far as is known without a look. */
  knownFor(kind: string, place: string): string | undefined;
  /** Where a result is, after a look for packs that were written since. @throws BenchError STORE_READ */
  find(ref: ArtifactRef): Promise<RowEntry | undefined>;
  /** All of a kind, after a look. @throws BenchError STORE_READ */
  all(kind: string): Promise<PackedRows>;
  /** The packs of a kind in the order in which they were written, after a look. @throws BenchError STORE_READ */
  list(kind: string): Promise<readonly OpenPack[]>;
  /** The bytes of a row; undefined where its pack is gone. @throws Malformed when they fail the checksum */
  read(entry: RowEntry): Promise<Uint8Array | undefined>;
  /** Writes rows as one pack. @throws BenchError as {@link Backend.put} */
  write(kind: string, rows: readonly PackRow[]): Promise<void>;
  /** Sets a pack aside of which a row is of no use, once all others that are sound are in another pack; says what became of it. */
  discard(entry: RowEntry, key: string, reason: string): Promise<string>;
  /** Removes packs of a kind. @throws BenchError as {@link Backend.remove} */
  remove(kind: string, names: readonly string[]): Promise<void>;
  /** Takes rows out of a pack: removes it once those that stay are in another. @throws BenchError as {@link Backend.put} */
  keepOnly(pack: OpenPack, stays: (key: string) => boolean): Promise<void>;
}

/** A pack of which a second row is asked for is read whole, up to this size. */
const readWhole = 1 << 22;

/** What is packed of a kind. */
export interface PackedRows {
  /** By key, newer ones in place of older ones. */
  readonly rows: ReadonlyMap<string, RowEntry>;
  /** The newest result for a place in the grid. */
  readonly keyOf: ReadonlyMap<string, string>;
}

/** What is known of the packs of a kind. */
interface Known {
  /** Version of the note on the newest pack before they were listed; `gone` when one of them was found to be missing since. */
  readonly newest: string | undefined;
  /** In the order in which they were written. */
  readonly packs: ReadonlyMap<string, OpenPack>;
  readonly rows: Map<string, RowEntry>;
  readonly keyOf: Map<string, string>;
}

const lost = 'gone';

/** @param moves false where nothing may be set aside */
export function openPacks(backend: Backend, moveAside: MoveAside, moves: boolean): Packs {
  const kinds = new Map<string, Known>();
  const looks = new Map<string, Promise<Known>>();
  let last: { readonly pack: string; readonly content?: Uint8Array | undefined } | undefined;

  function look(kind: string): Promise<Known> {
    const begun = looks.get(kind) ?? lookNow(kind).finally(() => looks.delete(kind));
    looks.set(kind, begun);
    return begun;
  }

  /** Lists packs unless the note on the newest one is still the same, and opens those that are new. */
  async function lookNow(kind: string): Promise<Known> {
    const newest = (await backend.find(newestPackName(kind)))?.version;
    const before = kinds.get(kind);
    if (before !== undefined && before.newest === newest) return before;
    const names: string[] = [];
    for await (const { name, isObject } of backend.list(packsFolder(kind)))
      if (isObject && parsePackName(name)?.isAside === false) names.push(name);
    const opened = await Promise.all(names.map((name) => before?.packs.get(name) ?? openSound(kind, name)));
    return remember(
      kind,
      newest,
      opened.flatMap((pack) => pack ?? []),
    );
  }

  /** Mostly some packs are newer than all that were known: then only their rows are entered, however many there are in all. */
  function remember(kind: string, newest: string | undefined, packs: readonly OpenPack[]): Known {
    const inOrder = packs.toSorted((a, b) => a.modifiedAt - b.modifiedAt);
    const before = kinds.get(kind);
    const old = [...(before?.packs.values() ?? [])];
    const goesOn = before !== undefined && old.every((pack, index) => inOrder[index] === pack);
    const { rows, keyOf } = goesOn ? before : { rows: new Map<string, RowEntry>(), keyOf: new Map<string, string>() };
    for (const pack of goesOn ? inOrder.slice(old.length) : inOrder)
      for (const [key, row] of pack.rows) {
        rows.set(key, row);
        if (row.place !== undefined) keyOf.set(row.place, key);
      }
    const known = { newest, packs: new Map(inOrder.map((pack) => [pack.name, pack])), rows, keyOf };
    kinds.set(kind, known);
    return known;
  }

  /** The next look is for all packs; these are not known until then. */
  function forget(kind: string, names: readonly string[]): void {
    const gone = new Set(names);
    if (last !== undefined && gone.has(last.pack)) last = undefined;
    const packs = [...(kinds.get(kind)?.packs.values() ?? [])];
    remember(
      kind,
      lost,
      packs.filter((pack) => !gone.has(pack.name)),
    );
  }

  /** A pack, or what is left of one whose header is damaged. */
  async function openSound(kind: string, name: string): Promise<OpenPack | undefined> {
    try {
      return await openPack(backend, name);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      const rest = moves ? await writeRest(kind, name, () => true) : undefined;
      await moveAside(name, error.message);
      return rest;
    }
  }

  /** The name of the pack that was written. */
  async function write(kind: string, rows: readonly PackRow[]): Promise<string> {
    const { name, parts } = encodePack(kind, rows);
    await putClearing(backend, name, parts, moveAside);
    await putClearing(backend, newestPackName(kind), [Buffer.from(`${name}\n`)], moveAside, { lasting: false });
    return name;
  }

  /** A new pack of those sound rows of another that stay; undefined where there are none. */
  async function writeRest(
    kind: string,
    name: string,
    stays: (key: string) => boolean,
    about?: OpenPack['rows'],
  ): Promise<OpenPack | undefined> {
    const sound = await soundRows(kind, (await wholeOf(name)) ?? new Uint8Array());
    const rows = sound.filter(({ key }) => stays(key)).map((row) => ({ ...about?.get(row.key), ...row }));
    return rows.length === 0 ? undefined : openPack(backend, await write(kind, rows));
  }

  async function remove(kind: string, names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => backend.remove(name)));
    forget(kind, names);
  }

  async function wholeOf(name: string): Promise<Uint8Array | undefined> {
    const found = await backend.find(name);
    const content = new Uint8Array(found?.bytes ?? 0);
    return found && (await backend.read(name, content, 0)) && content;
  }

  /** Rows of one pack are mostly read one after the other. */
  async function contentOf({ pack, packBytes }: RowEntry): Promise<Uint8Array | undefined> {
    if (last?.pack !== pack) last = { pack };
    else if (last.content === undefined && packBytes <= readWhole) last = { pack, content: await wholeOf(pack) };
    return last.content;
  }

  return {
    known: ({ kind, key }) => kinds.get(kind)?.rows.get(key),
    knownFor: (kind, place) => kinds.get(kind)?.keyOf.get(place),
    find: async ({ kind, key }) => (await look(kind)).rows.get(key),
    all: look,
    list: async (kind) => [...(await look(kind)).packs.values()],
    async read(entry) {
      const { pack, start, end } = entry;
      const row = (await contentOf(entry))?.subarray(start, end) ?? new Uint8Array(end - start);
      if (last?.content === undefined && (await backend.read(pack, row, start)) === undefined) {
        forget(parsePackName(pack)?.kind ?? '', [pack]);
        return undefined;
      }
      if (sha256(row) !== entry.sha256) throw new Malformed('has a row that fails its checksum');
      return row;
    },
    write: async (kind, rows) => void (await write(kind, rows)),
    async discard({ pack }, key, reason) {
      const kind = parsePackName(pack)?.kind ?? '';
      const about = kinds.get(kind)?.packs.get(pack)?.rows;
      if (moves) await writeRest(kind, pack, (other) => other !== key, about);
      const what = await moveAside(pack, `${reason} (row ${key})`);
      if (moves) forget(kind, [pack]);
      return what;
    },
    async keepOnly({ name, rows }, stays) {
      const kind = parsePackName(name)?.kind ?? '';
      await writeRest(kind, name, stays, rows);
      await remove(kind, [name]);
    },
    remove,
  };
}

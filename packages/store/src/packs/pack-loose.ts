import type { Backend } from '../backend/backend.js';
import { readSmall } from '../backend/small-objects.js';
import { Malformed } from '../malformed.js';
import type { ArtifactRef } from '../store/artifact-ref.js';
import { type ArtifactCost, getCost } from '../store/cost.js';
import { latestName, nameOf } from '../store/names.js';
import { maxRowBytes } from './gathered-row.js';
import { type PackRow, type RowEntry, soundKey } from './pack-file.js';
import type { Packs } from './packs.js';

/** A result to be packed. */
export interface RowToPack {
  readonly key: string;
  /** Place in the grid of the step that made it, where it stands for that. */
  readonly place?: string | undefined;
  /** What that step cost; need not be given where it is noted beside the result. */
  readonly cost?: ArtifactCost | undefined;
  /** Its bytes, where it was gathered and is no object of its own. */
  readonly artifact?: Uint8Array | undefined;
}

/** What became of results that were to be packed. */
export interface Packed {
  /** Those that are no small sound objects of their own: damaged, packed by another process, or large. They are as they were. */
  readonly left: readonly RowToPack[];
  /** Removes the objects in whose place the pack is now. @throws BenchError as {@link Backend.remove} */
  clear(): Promise<void>;
}

/**
 * Writes one pack of results of a kind: those that were gathered, and those that are objects of their own, unless they are in a
 * pack already. Objects stay until they are cleared, so that a process which dies in between loses none, and one that packs the
 * same at the same time does no harm.
 * @throws BenchError as {@link Backend.put}, STORE_READ
 */
export async function packLoose(
  backend: Backend,
  packs: Packs,
  kind: string,
  given: readonly RowToPack[],
): Promise<Packed> {
  const gathered = given.flatMap(({ artifact, ...row }) => (artifact === undefined ? [] : [{ ...row, artifact }]));
  const others = given.filter(({ artifact }) => artifact === undefined);
  const loose: PackRow[] = [];
  const left: RowToPack[] = [];
  const found = await Promise.all(others.map((row) => looseRow(backend, kind, row)));
  for (const [index, row] of found.entries())
    if (row === undefined) left.push(others[index]);
    else loose.push(row);
  const unpacked = [...gathered.map(packRow), ...(await notPacked(packs, kind, loose))];
  if (unpacked.length > 0) await packs.write(kind, unpacked);
  const names = loose.flatMap((row) => namesOf(kind, row));
  return { left, clear: async () => void (await Promise.all(names.map((name) => backend.remove(name)))) };
}

function packRow({ key, artifact, cost, place }: RowToPack & Pick<PackRow, 'artifact'>): PackRow {
  return { key, artifact, ...(cost && { cost }), ...(place !== undefined && { place }) };
}

/** Rows that are in no pack yet. */
async function notPacked(packs: Packs, kind: string, rows: readonly PackRow[]): Promise<PackRow[]> {
  if (rows.length === 0) return [];
  const { rows: known } = await packs.all(kind);
  const isNew = await Promise.all(
    rows.map(async ({ key, artifact }) => !(await isRow(packs, known.get(key), artifact))),
  );
  return rows.filter((_, index) => isNew[index]);
}

async function looseRow(backend: Backend, kind: string, { key, cost, place }: RowToPack): Promise<PackRow | undefined> {
  const ref = { kind, key };
  const artifact = await contentOf(backend, ref);
  if (artifact === undefined || (await soundKey(kind, artifact)) !== key) return undefined;
  const known = cost ?? (place === undefined ? undefined : await getCost(backend, ref));
  return packRow({ key, artifact, cost: known, place });
}

/** Whether a row is there and the same. */
async function isRow(packs: Packs, row: RowEntry | undefined, artifact: Uint8Array): Promise<boolean> {
  if (row === undefined) return false;
  try {
    const stored = await packs.read(row);
    return stored !== undefined && Buffer.compare(stored, artifact) === 0;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

async function contentOf(backend: Backend, ref: ArtifactRef): Promise<Uint8Array | undefined> {
  try {
    return (await readSmall(backend, nameOf(ref, 'safetensors'), maxRowBytes))?.content;
  } catch (error) {
    if (error instanceof RangeError || error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Objects in whose place a row is. Only beside the result that stands for its step there are notes. */
function namesOf(kind: string, { key, place }: PackRow): string[] {
  const ref = { kind, key };
  const notes = place === undefined ? [] : [nameOf(ref, 'cost.json'), latestName(place)];
  return [nameOf(ref, 'safetensors'), ...notes];
}

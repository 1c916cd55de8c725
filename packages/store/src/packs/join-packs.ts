import { Malformed } from '../malformed.js';
import type { OpenPack, PackRow, RowEntry } from './pack-file.js';
import type { Packs } from './packs.js';

/**
 * Puts the rows of small packs of a kind together, into packs of at least `rowsPerPack` rows. One with a damaged row stays as it is:
 * who reads that row sees to it.
 * @returns removes the packs in whose place others are now. A process that dies in between loses nothing
 * @throws BenchError as {@link Packs.write}, STORE_READ
 */
export async function joinPacks(packs: Packs, kind: string, rowsPerPack: number): Promise<() => Promise<void>> {
  const joined: string[] = [];
  let names: string[] = [];
  let rows = new Map<string, PackRow>();
  for (const pack of await packs.list(kind)) {
    const own = pack.rows.size < rowsPerPack ? await rowsOf(packs, pack) : undefined;
    if (own === undefined) continue;
    names.push(pack.name);
    for (const row of own) rows.set(row.key, row);
    if (rows.size < rowsPerPack) continue;
    await packs.write(kind, [...rows.values()]);
    joined.push(...names);
    names = [];
    rows = new Map();
  }
  return async () => {
    if (joined.length > 0) await packs.remove(kind, joined);
  };
}

/** The rows of a pack; undefined where one of them cannot be read. */
async function rowsOf(packs: Packs, pack: OpenPack): Promise<PackRow[] | undefined> {
  const rows: PackRow[] = [];
  try {
    for (const [key, entry] of pack.rows) {
      const artifact = await packs.read(entry);
      if (artifact === undefined) return undefined;
      rows.push({ key, artifact, ...aboutOf(entry) });
    }
    return rows;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function aboutOf({ cost, place }: RowEntry): Pick<PackRow, 'cost' | 'place'> {
  return { ...(cost && { cost }), ...(place !== undefined && { place }) };
}

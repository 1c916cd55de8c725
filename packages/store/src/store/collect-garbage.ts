import type { Backend, Listed } from '../backend/backend.js';
import { isInUse } from '../claims/claim-note.js';
import { Malformed } from '../malformed.js';
import { openPack } from '../packs/pack-file.js';
import type { Packs } from '../packs/packs.js';
import { parseName, parsePackName } from './names.js';

export interface Collected {
  /** Paths or URLs; rows of packs with their key after a `#`. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Artifacts that stay. */
  readonly kept: number;
}

/**
 * Artifacts and costs whose key is not in `keep`, what was set aside, what interrupted writes left behind, and claims that
 * nobody holds; removes them when told to. What has a name of another form is not touched.
 * @throws BenchError STORE_READ, and as {@link Backend.put} and {@link Backend.remove}
 */
export async function collectGarbage(
  backend: Backend,
  packs: Packs,
  keep: ReadonlySet<string>,
  { remove }: { readonly remove: boolean },
): Promise<Collected> {
  const files: string[] = [];
  let bytes = 0;
  let kept = 0;
  const take = async ({ name, find }: Listed): Promise<void> => {
    bytes += (await find())?.bytes ?? 0;
    files.push(backend.place(name));
    if (remove) await backend.remove(name);
  };
  const takeRows = async (name: string): Promise<void> => {
    const pack = await openPack(backend, name).catch(nothingIfMalformed);
    if (pack === undefined) return;
    const unneeded = [...pack.rows].filter(([key]) => !keep.has(key));
    kept += pack.rows.size - unneeded.length;
    for (const [key, { start, end }] of unneeded) {
      bytes += end - start;
      files.push(`${backend.place(name)}#${key}`);
    }
    if (remove && unneeded.length > 0) await packs.keepOnly(pack, (key) => keep.has(key));
  };
  const packNames: string[] = [];
  for await (const listed of backend.list('')) {
    const pack = parsePackName(listed.name);
    if (pack?.isAside) await take(listed);
    else if (pack !== undefined && listed.isObject) packNames.push(listed.name);
    const parsed = parseName(listed.name);
    if (parsed === undefined || !(listed.isObject || parsed.isAside)) continue;
    const { key, ending, isAside } = parsed;
    if (isAside || !(ending === 'claim' ? await isInUse(backend, listed.name) : keep.has(key))) await take(listed);
    else if (ending === 'safetensors') kept++;
  }
  for (const name of packNames) await takeRows(name);
  for await (const leftover of backend.leftovers()) {
    bytes += leftover.bytes;
    files.push(leftover.place);
    if (remove) await leftover.remove();
  }
  return { files, bytes, kept };
}

/** Whoever reads a damaged pack sets it aside. */
function nothingIfMalformed(error: unknown): undefined {
  if (!(error instanceof Malformed)) throw error;
}

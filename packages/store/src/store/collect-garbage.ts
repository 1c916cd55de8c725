import type { Backend, Listed } from '../backend/backend.js';
import { isInUse } from '../claims/claim-note.js';
import { parseName } from './names.js';

export interface Collected {
  /** Paths or URLs. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Artifacts that stay. */
  readonly kept: number;
}

/**
 * Artifacts and costs whose key is not in `keep`, what was set aside, what interrupted writes left behind, and claims that
 * nobody holds; removes them when told to. What has a name of another form is not touched.
 * @throws BenchError STORE_READ, and as {@link Backend.remove}
 */
export async function collectGarbage(
  backend: Backend,
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
  for await (const listed of backend.list('')) {
    const parsed = parseName(listed.name);
    if (parsed === undefined || !(listed.isObject || parsed.isAside)) continue;
    const { key, ending, isAside } = parsed;
    if (isAside || !(ending === 'claim' ? await isInUse(backend, listed.name) : keep.has(key))) await take(listed);
    else if (ending === 'safetensors') kept++;
  }
  for await (const listed of backend.leftovers()) await take(listed);
  return { files, bytes, kept };
}

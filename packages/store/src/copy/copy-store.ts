import { basename } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { isTemporary } from '../backend/file-system/atomic-write.js';
import { newestPackName, parseName, parsePackName } from '../store/names.js';
import { type Copied, type CopyOptions, copyObjects } from './copy-objects.js';
import { unsoundness } from './unsoundness.js';

/**
 * Copies what one store has and another lacks: results and packs of them whose checksums are right, costs and notes. Claims and
 * what was set aside are not copied.
 * @throws BenchError as {@link copyObjects}
 */
export async function copyStore(
  source: Backend,
  target: Backend,
  options: Pick<CopyOptions, 'cancel' | 'onProgress'> = {},
): Promise<Copied> {
  const copied = await copyObjects(source, target, { ...options, isWanted, unsoundness });
  const newest = new Map(copied.names.map((name) => [parsePackName(name)?.kind, name]));
  for (const [kind, name] of newest)
    if (kind !== undefined) await target.put(newestPackName(kind), [Buffer.from(`${name}\n`)]);
  return copied;
}

/** Of the rest, what the target notes of its newest packs is its own. */
function isWanted(name: string): boolean {
  if (isTemporary(basename(name))) return false;
  const [result, pack] = [parseName(name), parsePackName(name)];
  if (result !== undefined) return result.ending !== 'claim' && !result.isAside;
  return pack === undefined ? name !== newestPackName(name.split('/')[0]) : !pack.isAside;
}

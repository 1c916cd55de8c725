import type { Backend } from '../backend/backend.js';
import type { ArtifactRef } from '../store/artifact-ref.js';
import { nameOf } from '../store/names.js';
import { readClaim } from './claim-note.js';

/** Ends the claims on some artifacts that a job of a cluster's scheduler held, which is known to have ended; how many they were. */
export async function freeClaims(
  { backend }: { readonly backend: Backend },
  refs: Iterable<ArtifactRef>,
  job: string,
): Promise<number> {
  let freed = 0;
  for (const ref of refs) {
    const name = nameOf(ref, 'claim');
    const found = await readClaim(backend, name);
    if (found === undefined || found.note.ended === true || found.note.job !== job) continue;
    await backend.remove(name, found.version);
    freed++;
  }
  return freed;
}

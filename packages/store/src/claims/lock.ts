import { setTimeout as delay } from 'node:timers/promises';
import type { Backend } from '../backend/backend.js';
import type { ArtifactRef } from '../store/artifact-ref.js';
import { openClaims } from './claims.js';

const retryMs = 300;

/**
 * Waits until no other process holds the claim of a name. The function that comes back lets the next one have it; that of a process
 * that dies is given up like a claim on a result.
 * @throws BenchError STORE_READ
 */
export async function openLock(at: { readonly backend: Backend }, ref: ArtifactRef): Promise<() => Promise<void>> {
  const claims = await openClaims(at, { only: [ref] });
  for (;;) {
    const claim = await claims.take(ref);
    if (claim.status === 'ours')
      return async () => {
        await claim.release();
        claims.close();
      };
    await delay(retryMs);
  }
}

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '@attribution-bench/contract';
import { openClaims, openFileSystem } from '@attribution-bench/store';
import type { SlurmRun } from './run-folder.js';

const retryMs = 300;

/**
 * Waits until no other process submits jobs of a run. The function that comes back lets the next one do so; that of a process
 * that dies is given up like a claim on a result.
 */
export async function openSubmitLock({ folder, id }: SlurmRun): Promise<() => Promise<void>> {
  const claims = await openClaims({ backend: openFileSystem(join(folder, 'lock')) });
  for (;;) {
    const claim = await claims.take({ kind: 'submit', key: sha256(id) });
    if (claim.status === 'ours')
      return async () => {
        await claim.release();
        claims.close();
      };
    await delay(retryMs);
  }
}

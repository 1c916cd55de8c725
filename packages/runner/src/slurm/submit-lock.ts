import { join } from 'node:path';
import { sha256 } from '@attribution-bench/contract';
import { openFileSystem, openLock } from '@attribution-bench/store';
import type { SlurmRun } from './run-folder.js';

/** Waits until no other process submits jobs of a run, as {@link openLock} does. */
export function openSubmitLock({ folder, id }: SlurmRun): Promise<() => Promise<void>> {
  return openLock({ backend: openFileSystem(join(folder, 'lock')) }, { kind: 'submit', key: sha256(id) });
}

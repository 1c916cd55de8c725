import type { ResultsPlace } from './workspace.js';

/**
 * Sees to it that results of hours can be kept: that the folder, and the bucket where they go to one, can be written.
 * @throws BenchError STORE_FULL, STORE_UNWRITABLE, STORE_WRITE or STORE_AWAY, BUCKET_*
 */
export async function requireResults({ location, storeLocation, folder }: ResultsPlace): Promise<void> {
  const { openBackend, requireWritable } = await import('@attribution-bench/store');
  await requireWritable(folder);
  if (location !== folder) await openBackend(storeLocation).requireWritable();
}

/** Whether a run has stored anything yet. @throws BenchError STORE_READ or STORE_AWAY, BUCKET_* */
export async function hasResults({ storeLocation }: ResultsPlace): Promise<boolean> {
  const { openBackend } = await import('@attribution-bench/store');
  for await (const _ of openBackend(storeLocation).list('')) return true;
  return false;
}

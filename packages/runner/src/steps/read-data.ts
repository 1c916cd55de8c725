import type { Store } from '@attribution-bench/store';
import { generatedIds, type TaskData, withGenerated } from '@attribution-bench/tasks';
import { readArtifact } from '../artifacts/codec.js';
import { datasetArtifact, heldoutQueryIds } from '../artifacts/dataset.js';
import { generatedArtifact } from '../artifacts/generated-queries.js';
import type { DataSource, TaskSource } from '../model/job.js';

/**
 * Everything that a task is made of, generated queries included.
 * @throws BenchError STORE_MISSING or STORE_CORRUPT
 */
export async function readData(store: Store, { dataset, generated }: DataSource): Promise<TaskData> {
  const data = await readArtifact(store, dataset, datasetArtifact);
  if (generated === undefined) return data;
  return withGenerated(data, await readArtifact(store, generated, generatedArtifact));
}

/** Where each query comes from, without reading the rest; generated ones need not be stored yet. */
export async function readQueryIds(store: Store, { spec, dataset }: TaskSource): Promise<string[]> {
  const heldout = await readArtifact(store, dataset, heldoutQueryIds);
  return [...heldout, ...generatedIds(spec.queries.generated)];
}

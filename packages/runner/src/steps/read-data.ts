import { sizeOf } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import { generatedIds, type TaskData, withGenerated } from '@attribution-bench/tasks';
import { readArtifact } from '../artifacts/codec.js';
import { heldBeside, heldoutQueryIds, inputsName, inputsShape } from '../artifacts/dataset.js';
import { generatedArtifact } from '../artifacts/generated-queries.js';
import type { DataSource, TaskSource } from '../model/job.js';
import { type PointMemory, pointsOf } from './point-memory.js';

/**
 * Everything that a task is made of, generated queries included. Its training points are where all threads of the process have
 * them, where they are many.
 * @throws BenchError STORE_MISSING or STORE_CORRUPT
 */
export async function readData(
  store: Store,
  { dataset, generated }: DataSource,
  points: PointMemory,
): Promise<TaskData> {
  const beside = await readArtifact(store, dataset, heldBeside);
  const shape = inputsShape(beside);
  const inputs = await pointsOf(points, dataset, sizeOf(shape), (into) =>
    store.fill(dataset, inputsName, { shape, data: into }),
  );
  const data = { ...beside, inputs };
  if (generated === undefined) return data;
  return withGenerated(data, await readArtifact(store, generated, generatedArtifact));
}

/** Where each query comes from, without reading the rest; generated ones need not be stored yet. */
export async function readQueryIds(store: Store, { spec, dataset }: TaskSource): Promise<string[]> {
  const heldout = await readArtifact(store, dataset, heldoutQueryIds);
  return [...heldout, ...generatedIds(spec.queries.generated)];
}

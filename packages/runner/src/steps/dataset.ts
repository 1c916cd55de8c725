import { BenchError } from '@attribution-bench/contract';
import type { ArtifactRef, Store } from '@attribution-bench/store';
import { dataFingerprint, generatedIds, prepareData, type TaskData } from '@attribution-bench/tasks';
import type { DataSource, DatasetJob, TaskSource } from '../model/job.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/**
 * Reads or downloads a task's data and keeps exactly what the task is fed.
 * @throws BenchError DATA_CHANGED when the user's files are not those that the plan was made with
 */
export async function makeDataset(
  job: DatasetJob,
  { store, environment, log }: Pick<Workshop, 'store' | 'environment' | 'log'>,
): Promise<StepReport> {
  const elapsed = stopwatch();
  const data = await prepareData(job.spec, { ...environment, log });
  if ((await dataFingerprint(job.spec)) !== job.output.made.fingerprint) throw changed(job.spec.id);
  const dims = data.inputs.length / data.labels.length;
  const queryDims = data.queryLabels.length === 0 ? dims : data.queryInputs.length / data.queryLabels.length;
  await writeOutput(
    store,
    job.output,
    {
      inputs: { shape: [data.labels.length, dims], data: data.inputs },
      labels: { shape: [data.labels.length], data: data.labels },
      flipped: { shape: [data.flipped.length], data: data.flipped },
      queryInputs: { shape: [data.queryLabels.length, queryDims], data: data.queryInputs },
      queryLabels: { shape: [data.queryLabels.length], data: data.queryLabels },
      ids: packed(data.ids),
      queryIds: packed(data.queryIds),
    },
    { inputShape: JSON.stringify(data.inputShape), classes: String(data.classes) },
  );
  return elapsed();
}

function changed(task: string): BenchError {
  return new BenchError({
    code: 'DATA_CHANGED',
    place: `task "${task}"`,
    message: 'has data files that changed while the grid ran',
    next: 'run it again',
  });
}

/**
 * Everything that a task is made of, generated queries included.
 * @throws BenchError STORE_MISSING or STORE_CORRUPT
 */
export async function readDataset(store: Store, { dataset, generated }: DataSource): Promise<TaskData> {
  const { arrays, metadata } = await store.read(dataset);
  const data = {
    inputs: arrays.inputs.data as Float32Array,
    labels: arrays.labels.data as Int32Array,
    flipped: arrays.flipped.data as Uint8Array,
    queryInputs: arrays.queryInputs.data as Float32Array,
    queryLabels: arrays.queryLabels.data as Int32Array,
    inputShape: JSON.parse(metadata.inputShape),
    classes: Number(metadata.classes),
    ids: unpacked(arrays.ids.data as Uint8Array),
    queryIds: unpacked(arrays.queryIds.data as Uint8Array),
  };
  return generated === undefined ? data : addGenerated(store, data, generated);
}

/** Data with the generated queries that are stored for it. */
async function addGenerated(store: Store, data: TaskData, ref: ArtifactRef): Promise<TaskData> {
  const { arrays, metadata } = await store.read(ref);
  const images = arrays.inputs.data as Float32Array;
  const queryInputs = new Float32Array(data.queryInputs.length + images.length);
  queryInputs.set(data.queryInputs);
  queryInputs.set(images, data.queryInputs.length);
  return {
    ...data,
    queryInputs,
    queryLabels: Int32Array.from([...data.queryLabels, ...(arrays.labels.data as Int32Array)]),
    generatingModel: arrays.model.data as Float32Array,
    queryIds: [...data.queryIds, ...JSON.parse(metadata.ids)],
  };
}

/** Where each query comes from, without reading the rest; generated ones need not be there yet. */
export async function readQueryIds(store: Store, { spec, dataset }: TaskSource): Promise<string[]> {
  const { arrays } = await store.readArrays(dataset, ['queryIds']);
  return [...unpacked(arrays.queryIds.data as Uint8Array), ...generatedIds(spec.queries.generated)];
}

/** Text as an array, since a file's header is for little things. */
function packed(texts: readonly string[]): { shape: number[]; data: Uint8Array } {
  const data = new TextEncoder().encode(JSON.stringify(texts));
  return { shape: [data.length], data };
}

function unpacked(data: Uint8Array): string[] {
  return JSON.parse(new TextDecoder().decode(data));
}

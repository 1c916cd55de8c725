import {
  type CancelSignal,
  deriveSeed,
  type Json,
  type NdArray,
  type Retrained,
  type RetrainRequest,
  sha256,
} from '@attribution-bench/contract';
import { hashPackage, type Task, type TrainedRun } from '@attribution-bench/tasks';
import type { TaskSource } from '../model/job.js';
import { outputOf } from '../plan/step-list.js';
import { engineOf } from './open-tasks.js';
import { type Workshop, writeOutput } from './workshop.js';

/**
 * Trains what a metric asks for, request by request. The result is stored under the sets themselves, so that methods
 * which ask for the same sets (every method, where points are left out one at a time) and a run that goes on find it.
 */
export async function retrainForMetric(
  requests: readonly RetrainRequest[],
  source: TaskSource,
  workshop: Workshop,
): Promise<Retrained[]> {
  const { stack } = await workshop.tasks.use(source);
  const total = requests.reduce((sum, request) => sum + groupsOf(request, stack), 0);
  const retrained: Retrained[] = [];
  let done = 0;
  for (const request of requests) {
    const groups = groupsOf(request, stack);
    const progress = (share: number) => workshop.progress((done + share * groups) / total);
    retrained.push({ ...request, ...(await trainedOutputs(request, source, { ...workshop, progress })) });
    done += groups;
  }
  return retrained;
}

/** Groups of `stack` models that are trained for a request, the last one filled up: what its time grows with. */
export function groupsOf({ members }: RetrainRequest, stack: number): number {
  return Math.ceil(members.length / stack);
}

/** What the keys of all retrainings for metrics of a task have in common. */
export async function metricRetrainingParts(source: TaskSource): Promise<Record<string, Json>> {
  return {
    task: source.key,
    dataset: source.dataset.key,
    engine: (await engineOf(source.engine)).id,
    harness: hashPackage('@attribution-bench/tasks'),
    role: 'metric',
  };
}

async function trainedOutputs(
  { members, seed, generate }: RetrainRequest,
  source: TaskSource,
  { store, tasks, cancel, progress }: Workshop,
): Promise<Pick<Retrained, 'targets' | 'images'>> {
  const output = outputOf('retrain', {
    ...(await metricRetrainingParts(source)),
    members: members.map((set) => sha256(new Uint8Array(set.buffer, set.byteOffset, set.byteLength))),
    seed,
    generate: generate && [...generate],
  });
  if (await store.isSound(output, Infinity)) {
    const { outputs, images } = (await store.read(output)).arrays;
    return { targets: rowsOf(outputs), ...(images === undefined ? {} : { images: rowsOf(images) }) };
  }
  const task = await tasks.use(source);
  const runSeed = deriveSeed(source.spec.seed, source.key, 'metric', 'retrain', seed);
  const trained = await task.train({ runs: members.map((set) => ({ seed: runSeed, members: set })), cancel, progress });
  const targets = await task.queryTargets(trained.map(({ parameters }) => parameters));
  const images = generate && (await drawnImages(task, trained, generate, cancel));
  await writeOutput(store, output, { outputs: stackedRows(targets), ...(images && { images: stackedRows(images) }) });
  return { targets, ...(images && { images }) };
}

/** The images of each model, [images × dims] each. */
async function drawnImages(
  task: Task,
  trained: readonly TrainedRun[],
  generate: readonly number[],
  cancel: CancelSignal,
): Promise<Float32Array[]> {
  const images: Float32Array[] = [];
  for (const { parameters } of trained)
    images.push((await task.generate?.(parameters, generate, cancel)) ?? new Float32Array());
  return images;
}

function stackedRows(rows: readonly Float32Array[]): NdArray<Float32Array> {
  const columns = rows[0].length;
  const data = new Float32Array(rows.length * columns);
  for (const [row, values] of rows.entries()) data.set(values, row * columns);
  return { shape: [rows.length, columns], data };
}

function rowsOf({ shape: [rows, columns], data }: NdArray): Float32Array[] {
  return Array.from({ length: rows }, (_, row) => (data as Float32Array).slice(row * columns, (row + 1) * columns));
}

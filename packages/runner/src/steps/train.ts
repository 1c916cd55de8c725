import { deriveSeed, type Seed } from '@attribution-bench/contract';
import type { ArtifactRef, Store } from '@attribution-bench/store';
import type { LoadedCheckpoint, TaskSpec } from '@attribution-bench/tasks';
import type { TaskSource, TrainJob } from '../model/job.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** Seed of a training run on the whole training set, for methods to explain. */
function checkpointSeed(spec: TaskSpec, taskKey: string, methodSeed: number, run: number): Seed {
  return deriveSeed(spec.seed, taskKey, 'checkpoint', methodSeed, run);
}

/** Trains one model on the whole training set and keeps the models along the way. */
export async function trainCheckpoint(job: TrainJob, workshop: Workshop): Promise<StepReport> {
  const { spec, key } = job.task;
  const task = await workshop.tasks.use(job.task);
  const elapsed = stopwatch();
  const [{ parameters, snapshots, losses }] = await task.train({
    runs: [{ seed: checkpointSeed(spec, key, job.seed, job.run) }],
    snapshots: job.snapshots,
    cancel: workshop.cancel,
    progress: workshop.progress,
  });
  const size = parameters.length;
  const models = new Float32Array(snapshots.length * size);
  for (const [index, snapshot] of snapshots.entries()) models.set(snapshot.parameters, index * size);
  const sanity = job.run === 0 ? await task.sanity(parameters) : undefined;
  await writeOutput(
    workshop.store,
    job.output,
    {
      models: { shape: [snapshots.length, size], data: models },
      losses: { shape: [losses.length], data: losses },
    },
    {
      places: JSON.stringify(snapshots.map(({ step, epoch, learningRate }) => ({ step, epoch, learningRate }))),
      ...(sanity === undefined ? {} : { sanity: JSON.stringify(sanity) }),
    },
  );
  return elapsed();
}

/** The models along a stored run, the last one final. */
export async function readRun(
  store: Store,
  ref: ArtifactRef,
  source: TaskSource,
  methodSeed: number,
  run: number,
): Promise<LoadedCheckpoint[]> {
  const { arrays, metadata } = await store.read(ref);
  const places: { step: number; epoch: number; learningRate: number }[] = JSON.parse(metadata.places);
  const [, size] = arrays.models.shape;
  const models = arrays.models.data as Float32Array;
  return places.map((place, index) => ({
    ...place,
    id: `run ${run} step ${place.step}`,
    run,
    seed: checkpointSeed(source.spec, source.key, methodSeed, run),
    parameters: models.slice(index * size, (index + 1) * size),
  }));
}

/** Accuracy and loss of run 0. */
export async function readSanity(store: Store, ref: ArtifactRef): Promise<Record<string, number>> {
  const { sanity } = await store.readMetadata(ref);
  return sanity === undefined ? {} : JSON.parse(sanity);
}

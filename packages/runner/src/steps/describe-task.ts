import type { TaskInfo } from '@attribution-bench/contract';
import type { ArtifactRef, Store } from '@attribution-bench/store';
import type { TaskJob } from '../model/job.js';
import { type StepReport, stopwatch, type Workshop, writeOutput } from './workshop.js';

/** What has to be known of a task before anything is computed for it. */
export interface TaskDescription {
  readonly info: TaskInfo;
  readonly stack: number;
}

/** Opens a task once and keeps what it says of itself. Generated queries need not be there yet to be counted. */
export async function describeTask(
  job: TaskJob,
  { store, tasks }: Pick<Workshop, 'store' | 'tasks'>,
): Promise<StepReport> {
  const elapsed = stopwatch();
  const { info, stack } = await tasks.use(job.task);
  const { heldout, generated } = job.task.spec.queries;
  const counted = { ...info, queries: heldout + generated };
  await writeOutput(store, job.output, {}, { info: JSON.stringify(counted), stack: String(stack) });
  return elapsed();
}

export async function readDescription(store: Store, ref: ArtifactRef): Promise<TaskDescription> {
  const metadata = await store.readMetadata(ref);
  return { info: JSON.parse(metadata.info), stack: Number(metadata.stack) };
}

import type { ParamSpecs, Params } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import { dataKey, datasets, taskKey } from '@attribution-bench/tasks';
import type { GridTask } from '../grid/grid.js';
import { hashPackage } from '../methods/code-hash.js';
import { makeDataset } from '../steps/dataset.js';
import { describeTask, readDescription, type TaskDescription } from '../steps/describe-task.js';
import type { TaskSource } from '../steps/job.js';
import { engineOf, openTasks } from '../steps/open-tasks.js';
import type { PlanOptions, StepOutput } from './plan.js';
import { addStep, outputOf, type StepList } from './step-list.js';

/** A task with its data in the store and everything known that planning needs. */
export interface OpenedTask extends TaskDescription {
  readonly task: GridTask;
  readonly key: string;
  /** Hash of the user's own data files, if it is made from any. */
  readonly fingerprint: string | undefined;
  readonly source: TaskSource;
  /** Parts of the keys of all results that come out of its models. */
  readonly parts: StepOutput['made'];
  readonly steps: { readonly dataset: string; readonly task: string };
}

/**
 * Gets at a task's data (once: it is kept) and asks the task what it is made of.
 * @throws BenchError when data is missing or damaged
 */
export async function openForPlanning(
  task: GridTask,
  store: Store,
  options: PlanOptions & { readonly cacheFolder: string },
  steps: StepList,
): Promise<OpenedTask> {
  const { spec } = task;
  const { use, ...params } = spec.data;
  const fingerprint = await datasets[use].fingerprint?.(params as unknown as Params<ParamSpecs>);
  const harness = hashPackage('@attribution-bench/tasks');
  const log = options.onLog ?? (() => undefined);
  const datasetOutput = outputOf('dataset', { data: dataKey(spec), fingerprint, harness });
  const datasetJob = {
    kind: 'dataset',
    spec,
    cacheFolder: options.cacheFolder,
    offline: options.offline ?? false,
    output: datasetOutput,
  } as const;
  const dataset = addStep(steps, {
    kind: 'dataset',
    label: `data of ${task.id}`,
    task: task.id,
    needs: [],
    outputs: [datasetOutput],
    job: datasetJob,
    place: [],
  });
  if (!(await store.isSound(datasetOutput, 1 << 20))) await makeDataset(datasetJob, { store, log });
  const key = taskKey(spec);
  const source: TaskSource = { spec, key, dataset: datasetOutput, engine: options.engine };
  const engine = (await engineOf(options.engine)).id;
  const parts = { task: key, dataset: datasetOutput.key, engine, harness };
  const output = outputOf('task', { ...parts, id: task.id });
  const job = { kind: 'task', task: source, output } as const;
  const description = addStep(steps, {
    kind: 'task',
    label: `shape of ${task.id}`,
    task: task.id,
    needs: [dataset],
    outputs: [output],
    job,
    place: [],
  });
  if (!(await store.isSound(output, 1 << 20))) {
    const tasks = openTasks(store, 1);
    await describeTask(job, { store, tasks });
    await tasks.release();
  }
  return {
    ...(await readDescription(store, output)),
    task,
    key,
    fingerprint,
    source,
    parts,
    steps: { dataset, task: description },
  };
}

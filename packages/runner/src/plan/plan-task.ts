import { fromPlainError } from '@attribution-bench/contract';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import { dataFingerprint, dataKey, generatedKey, hashPackage, taskKey } from '@attribution-bench/tasks';
import { doOnce } from '../executors/local/do-once.js';
import type { Work } from '../executors/work.js';
import { type UserCode, userCodeOf } from '../isolation/user-code.js';
import type { GridTask } from '../model/grid.js';
import type { TaskSource } from '../model/job.js';
import type { PlanEnvironment } from '../model/plan.js';
import { makeDataset } from '../steps/dataset.js';
import { describeTask, readDescription, type TaskDescription } from '../steps/describe-task.js';
import { engineOf, openTasks } from '../steps/open-tasks.js';
import { addStep, outputOf, type StepDraft, type StepList } from './step-list.js';

/** A task with its data in the store and everything known that planning needs. */
export interface OpenedTask extends TaskDescription {
  readonly task: GridTask;
  readonly key: string;
  /** Hash of the user's own data files, if it is made from any. */
  readonly fingerprint: string | undefined;
  readonly source: TaskSource;
  /** Parts of the keys of all results that come out of its models. */
  readonly parts: ArtifactOutput['made'];
  /** Steps that everything else rests on: those that make its points. */
  readonly dataSteps: readonly string[];
  /** The step that describes the generated queries, where there are any and enough points to compare them with. */
  readonly diagnose?: string;
}

interface Surroundings {
  readonly engine: 'onnx' | 'tfjs';
  readonly environment: PlanEnvironment;
  log(message: string): void;
}

/**
 * Gets at a task's data (once: it is kept) and asks the task what it is made of.
 * @throws BenchError when data is missing or damaged
 */
export async function openForPlanning(
  task: GridTask,
  store: Store,
  { engine, environment, log }: Surroundings,
  steps: StepList,
): Promise<OpenedTask> {
  const { id, spec } = task;
  const fingerprint = await dataFingerprint(spec);
  const harness = hashPackage('@attribution-bench/tasks');
  const engineId = (await engineOf(engine)).id;
  const key = taskKey(spec, fingerprint);
  const add = (draft: Omit<StepDraft, 'task' | 'place'>) => addStep(steps, { ...draft, task: id, place: [] });

  const dataset = outputOf('dataset', { data: dataKey(spec), fingerprint, harness });
  const datasetJob = { kind: 'dataset', spec, output: dataset } as const;
  const datasetStep = add({ kind: 'dataset', label: `data of ${id}`, needs: [], outputs: [dataset], job: datasetJob });
  if (!(await store.isSound(dataset, checkedWhole))) await makeDataset(datasetJob, { store, environment, log });

  const bare: TaskSource = { spec, key, dataset, engine };
  const shape = outputOf('task', { task: key, id, dataset: dataset.key, engine: engineId, harness });
  const taskJob = { kind: 'task', task: bare, output: shape } as const;
  add({ kind: 'task', label: `shape of ${id}`, needs: [datasetStep], outputs: [shape], job: taskJob });
  if (!(await store.isSound(shape))) {
    const code = userCodeOf(taskJob);
    if (code !== undefined)
      await describeElsewhere(id, { job: taskJob, storeLocation: store.location, environment }, code, log);
    else {
      const tasks = openTasks(store, 1, { ...environment, log });
      await describeTask(taskJob, { store, tasks });
      await tasks.release();
    }
  }
  const described = { ...(await readDescription(store, shape)), task, key, fingerprint };
  if (spec.queries.generated === 0) {
    const parts = { task: key, dataset: dataset.key, engine: engineId, harness };
    return { ...described, source: bare, parts, dataSteps: [datasetStep] };
  }
  const generated = outputOf('generate', { data: generatedKey(spec), dataset: dataset.key, engine: engineId, harness });
  const generate = add({
    kind: 'generate',
    label: `generated queries of ${id}`,
    needs: [datasetStep],
    outputs: [generated],
    job: { kind: 'generate', spec, dataset, engine, output: generated },
  });
  const parts = { task: key, dataset: generated.key, engine: engineId, harness };
  const opened = { ...described, source: { ...bare, generated }, parts, dataSteps: [datasetStep, generate] };
  if (spec.queries.heldout === 0) return opened;
  const code = hashPackage('@attribution-bench/metrics');
  const diagnostics = outputOf('diagnose', { dataset: dataset.key, generated: generated.key, code });
  const diagnose = add({
    kind: 'diagnose',
    label: `diagnostics of ${id}`,
    needs: opened.dataSteps,
    outputs: [diagnostics],
    job: { kind: 'diagnose', spec, source: { dataset, generated }, output: diagnostics },
  });
  return { ...opened, diagnose };
}

/** A user's network is built in a process of its own, whatever it does there. */
async function describeElsewhere(task: string, work: Work, code: UserCode, log: Surroundings['log']): Promise<void> {
  const result = await doOnce(work, code, (message) => message.type === 'log' && log(message.message));
  if (result.status === 'failed') throw fromPlainError({ place: `model of task "${task}"`, ...result.error });
}

/** Datasets up to this size are checked whole when a plan is made, larger ones when they are read. */
const checkedWhole = 1 << 20;

import { BenchError, fromPlainError, shown } from '@attribution-bench/contract';
import type { ArtifactOutput, Store } from '@attribution-bench/store';
import {
  dataCode,
  dataFingerprint,
  generationCode,
  isOwnPart,
  type TaskSpec,
  taskCode,
  taskKey,
} from '@attribution-bench/tasks';
import type { EngineName } from '@attribution-bench/tfjs-onnx';
import { type ArtifactPart, isLostResult, readArtifact } from '../artifacts/codec.js';
import { pointMarks, trainingLabels } from '../artifacts/dataset.js';
import { descriptionArtifact, type TaskDescription } from '../artifacts/task-description.js';
import { doOnce } from '../executors/local/do-once.js';
import { processPoints } from '../executors/local/process-points.js';
import { dataMs } from '../isolation/limits.js';
import { loadModule } from '../isolation/load-module.js';
import { userCodeOf } from '../isolation/user-code.js';
import { startUserProcess } from '../isolation/user-process.js';
import type { ModelTask } from '../model/grid.js';
import type { StepJob, TaskSource } from '../model/job.js';
import type { PlanEnvironment } from '../model/plan.js';
import type { StepDraft } from '../model/step.js';
import type { TaskCode } from '../model/task-to-plan.js';
import { makeDataset, planDataset } from '../steps/kinds/dataset.js';
import { type DescribeJob, describeTask, planDescription } from '../steps/kinds/describe-task.js';
import { engineOf, openTasks } from '../steps/open-tasks.js';

/** A task whose data is stored and of which everything is known that planning needs. */
export interface PreparedTask extends TaskDescription {
  readonly task: ModelTask;
  readonly foreign?: undefined;
  readonly key: string;
  /** Hash of the user's own data files, where it is made from any. */
  readonly fingerprint?: string;
  /** Without generated queries. */
  readonly source: TaskSource;
  /** Parts of the keys of what comes out of its models, if it has no generated queries. */
  readonly parts: { readonly [part in 'task' | 'dataset' | 'engine' | 'harness']: string };
  readonly code: TaskCode;
  /** The steps that preparing it did, where their results were not stored. */
  readonly steps: readonly StepDraft[];
  /** Class that each training point is trained on, [train]. */
  readonly labels: Int32Array;
  /** Group of each, where subsets are drawn of groups, [train]. */
  readonly groups?: Int32Array;
}

export interface Surroundings {
  readonly store: Store;
  readonly engine: EngineName;
  readonly environment: PlanEnvironment;
  log(message: string): void;
}

/** Datasets up to this size are checked whole when a grid is prepared, larger ones when they are read. */
const checkedWhole = 1 << 20;

/**
 * Sees to it that the data of a task and the description of its shape are stored, and reads what planning needs of them.
 * @throws BenchError when data is missing or damaged, or the task cannot be opened
 */
export async function prepareTask(task: ModelTask, surroundings: Surroundings): Promise<PreparedTask> {
  const { store, engine, environment, log } = surroundings;
  const { spec } = task;
  const { fingerprint, dataset } = await datasetOf(task);
  const key = taskKey(spec, fingerprint);

  const { output } = dataset.job;
  const labels = await readOrMake(store, output, trainingLabels, () =>
    userCodeOf(dataset.job) === undefined
      ? makeDataset(dataset.job, { store, points: processPoints, environment, log })
      : doElsewhere(`data of task "${task.id}"`, dataset.job, surroundings, dataMs),
  );

  const engineId = (await engineOf(engine)).id;
  const parts = { task: key, dataset: output.key, engine: engineId, harness: taskCode(spec, {}).hash };
  const undescribed: TaskSource = { spec, key, dataset: output, engine, harness: parts.harness };
  const description = planDescription(undescribed, parts);
  const described = await readOrMake(store, description.job.output, descriptionArtifact, () =>
    describe(description, surroundings),
  );
  const code = codeOf(spec, described);
  const harness = code.training.hash;
  return {
    ...described,
    task,
    key,
    ...(fingerprint !== undefined && { fingerprint }),
    source: { ...undescribed, harness },
    parts: { ...parts, harness },
    code,
    steps: [dataset, description],
    labels,
    ...(task.truth?.by === 'group' && { groups: (await readArtifact(store, output, pointMarks('groups'))).train }),
  };
}

/**
 * The step that gets at the data of a task, and the hash of the user's own data files.
 * @throws BenchError when these files cannot be read
 */
export async function datasetOf(
  task: ModelTask,
): Promise<{ readonly fingerprint: string | undefined; readonly dataset: ReturnType<typeof planDataset> }> {
  const { spec } = task;
  const fingerprint = isOwnPart(spec.data) ? await ownFingerprint(spec) : await dataFingerprint(spec);
  return { fingerprint, dataset: planDataset(task, fingerprint) };
}

function codeOf(spec: TaskSpec, { layers }: TaskDescription): TaskCode {
  return {
    data: dataCode(spec),
    ...(spec.queries.generated > 0 && { generation: generationCode(spec, layers) }),
    training: taskCode(spec, { layers }),
    explaining: taskCode(spec, { layers, explains: true }),
  };
}

/** What is stored under a key, made first where that is missing, damaged or laid out in another way. */
async function readOrMake<T>(
  store: Store,
  output: ArtifactOutput,
  part: ArtifactPart<T>,
  make: () => Promise<unknown>,
): Promise<T> {
  if (await store.isSound(output, checkedWhole))
    try {
      return await readArtifact(store, output, part);
    } catch (error) {
      if (!isLostResult(error)) throw error;
    }
  await make();
  return readArtifact(store, output, part);
}

/** Opens a task. */
async function describe({ job, task }: StepDraft<DescribeJob>, surroundings: Surroundings): Promise<void> {
  const { store, environment, log } = surroundings;
  if (userCodeOf(job) !== undefined) return doElsewhere(`model of task "${task}"`, job, surroundings);
  const tasks = openTasks(store, 1, processPoints, { ...environment, log });
  try {
    await describeTask(job, { store, tasks });
  } finally {
    await tasks.release();
  }
}

/** Does a step with user code in a process of its own, whatever the code does there. */
async function doElsewhere(
  place: string,
  job: StepJob,
  { store, environment, log }: Surroundings,
  limitMs?: number,
): Promise<void> {
  const code = userCodeOf(job);
  if (code === undefined) return;
  const work = { job, storeLocation: store.location, environment };
  const result = await doOnce(work, code, (message) => message.type === 'log' && log(message.message), limitMs);
  if (result.status === 'failed') throw fromPlainError({ place, ...result.error });
}

/** What a user's dataset says of the files that it reads, asked in a process of its own. */
async function ownFingerprint(spec: TaskSpec): Promise<string | undefined> {
  const process = startUserProcess();
  try {
    await loadModule(process, { kind: 'dataset', use: spec.data.use, file: spec.data.use });
    const answer = await process.ask({ ask: 'fingerprint', spec }, { limitMs: dataMs });
    if (answer === undefined || typeof answer === 'string') return answer;
    throw new BenchError({
      code: 'DATA_CORRUPT',
      place: `dataset ${spec.data.use}`,
      message: `fingerprint() returned ${shown(answer)}`,
      next: 'return a hash of what is in the files',
    });
  } finally {
    process.end();
  }
}

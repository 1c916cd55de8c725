import { BenchError, deriveSeed, type UsedModels } from '@attribution-bench/contract';
import {
  drawSubset,
  generateQueries,
  type LoadedCheckpoint,
  openTask,
  prepareData,
  resolveTask,
  type Task,
  type TaskData,
  type TaskSpec,
} from '@attribution-bench/tasks';
import { onnxEngine } from '@attribution-bench/tfjs-onnx';

export interface Models {
  /** Final models of independently seeded runs. */
  readonly checkpoints: readonly LoadedCheckpoint[];
  /** Models along the run of the first checkpoint, then along those of as many more as are asked for. */
  readonly trajectory: readonly LoadedCheckpoint[];
}

/** A real task with the models that a method's context is made of. */
export interface Setting {
  readonly spec: TaskSpec;
  readonly data: TaskData;
  readonly task: Task;
  models(uses: Omit<UsedModels, 'subsets'>): Promise<Models>;
}

export const neverCancelled = { aborted: false, throwIfAborted() {} } as const;

/** A task as a grid file writes it, resolved; an invalid one is an error that lists what is wrong. */
export function taskSpec(raw: Readonly<Record<string, unknown>>, gridSeed: number): TaskSpec {
  const resolved = resolveTask(raw, gridSeed);
  if (resolved.ok) return resolved.spec;
  throw new BenchError({
    code: 'TESTKIT_TASK',
    message: resolved.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  });
}

/** Data of a task whose dataset needs no files, with its generated queries. */
export async function generatedData(spec: TaskSpec): Promise<TaskData> {
  const points = await prepareData(spec, { cacheFolder: '', offline: true, log() {} });
  return generateQueries(spec, points, { engine: onnxEngine, cancel: neverCancelled });
}

/** A task whose models are trained when first asked for. Changed data may be given in place of what the spec names. */
export async function trainedSetting(spec: TaskSpec, data?: TaskData): Promise<Setting> {
  const own = data ?? (await generatedData(spec));
  const task = await openTask(spec, own, onnxEngine);
  const trained = new Map<string, Promise<Models>>();
  return {
    spec,
    data: own,
    task,
    models(uses) {
      const key = JSON.stringify(uses);
      const models = trained.get(key) ?? train(spec, task, uses);
      trained.set(key, models);
      return models;
    },
  };
}

async function train(
  spec: TaskSpec,
  task: Task,
  { checkpoints, checkpointFraction: fraction, trajectory, trajectories = 1 }: Omit<UsedModels, 'subsets'>,
): Promise<Models> {
  const scope = { gridSeed: spec.seed, taskKey: spec.id, methodSeed: 0, train: task.info.train, stack: task.stack };
  const seeds = Array.from({ length: checkpoints }, (_, run) => deriveSeed(spec.seed, spec.id, 'checkpoint', run));
  const runs = await task.train({
    runs: seeds.map((seed, run) =>
      fraction === undefined ? { seed } : drawSubset({ draw: 'fraction', fraction }, run, scope),
    ),
    snapshots: trajectory,
    cancel: neverCancelled,
  });
  const loaded = runs.map(({ snapshots }, run) =>
    snapshots.map((snapshot, index) => ({ ...snapshot, id: `${run}/${index}`, run, seed: seeds[run] })),
  );
  return { checkpoints: loaded.map((run) => run[run.length - 1]), trajectory: loaded.slice(0, trajectories).flat() };
}

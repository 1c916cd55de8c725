import {
  type BaseContext,
  deriveSeed,
  extractorFields,
  type FeatureExtractor,
  type FullMethodContext,
  isObject,
  type Json,
  type Method,
  narrowContext,
  type Seed,
} from '@attribution-bench/contract';
import { baseContext, type ContextRequest, importAuthored } from '@attribution-bench/tasks';
import { readArtifact } from '../artifacts/codec.js';
import { subsetsArtifact } from '../artifacts/subset-outcomes.js';
import { type CellSource, type ForeignSource, type MethodSource, namesOf, type TaskSource } from '../model/job.js';
import { readSubsetCheckpoint } from './kinds/subset-checkpoints.js';
import { readRun } from './kinds/train.js';
import type { StepContext } from './step-context.js';
import type { StepCode } from './step-definition.js';
import { workOf } from './work-of-task.js';

interface MethodJob {
  readonly task: CellSource;
  readonly method: MethodSource;
}

type Surroundings = Pick<StepContext, 'store' | 'tasks' | 'cancel' | 'progress' | 'log'> & Pick<ContextRequest, 'note'>;

/** The method, and what it may see of the task. */
export async function openMethod(
  source: MethodSource,
  task: CellSource,
  surroundings: Surroundings,
): Promise<{ readonly method: Method; readonly ctx: FullMethodContext }> {
  const method = (await importAuthored('method', source.file, source.id)) as Method;
  const ctx =
    task.spec === undefined
      ? foreignContext(task, source, surroundings)
      : await modelContext(task, source, surroundings);
  return { method, ctx: narrowContext(ctx, method.needs) };
}

async function modelContext(taskSource: TaskSource, source: MethodSource, surroundings: Surroundings) {
  const { store, tasks, cancel, progress, log, note } = surroundings;
  const task = await tasks.use(taskSource);
  const { checkpointSubsets } = source;
  const checkpoints = await Promise.all(
    source.checkpoints.map(async (ref, run) => {
      if (checkpointSubsets !== undefined) return readSubsetCheckpoint(store, ref, checkpointSubsets, run);
      const models = await readRun(store, ref, taskSource, source.modelSeed, run);
      return models[models.length - 1];
    }),
  );
  const { trajectory: along, otherTrajectories = [] } = source;
  const runs = along === undefined ? [] : [along, ...otherTrajectories];
  const snapshots = runs.map((ref, run) => readRun(store, ref, taskSource, source.modelSeed, run));
  const trajectory = (await Promise.all(snapshots)).flat();
  const scope = scopeOf(taskSource, source);
  const ctx = task.context({ checkpoints, trajectory, scope, cancel, progress, log, note });
  return { ...ctx, ...subsetsMember(source, store) };
}

/** What a method may learn from, if it needs anything. */
function subsetsMember({ subsets }: MethodSource, store: Surroundings['store']) {
  return subsets === undefined ? {} : { subsets: () => readArtifact(store, subsets, subsetsArtifact) };
}

/** What a method sees of a task of which only the truth is known: the subsets it may learn from, if it needs any. */
function foreignContext(
  task: ForeignSource,
  source: MethodSource,
  { store, cancel, progress, log, note }: Surroundings,
): BaseContext {
  return {
    ...baseContext(task.info, { scope: scopeOf(task, source), cancel, progress, log, note }),
    ...subsetsMember(source, store),
  };
}

/** What a method's own random numbers derive from. */
function scopeOf(task: CellSource, { id, seed }: MethodSource): Seed {
  return deriveSeed(namesOf(task).seed, task.key, 'method', id, seed);
}

/** What the cost of a method's step depends on. */
export function likenessOfMethod({ task, method }: MethodJob): Json {
  return {
    task: workOf(task),
    engine: task.spec === undefined ? '' : task.engine,
    method: method.id,
    params: { ...method.params } as Json,
    models: [method.checkpoints.length, ...(method.trajectory === undefined ? [] : [method.trajectory.made.snapshots])],
  } as Json;
}

/** The code that a method's step runs. */
export function codeOfMethod({ task, method }: MethodJob): StepCode {
  const { extractor }: { readonly extractor?: unknown } = method.params;
  return {
    ...(task.spec && { network: task.spec }),
    method,
    ...(isExtractor(extractor) && extractor.file !== '' && { extractor }),
  };
}

/** Whether a parameter is that of a feature extractor, whether or not it names a file. */
export function isExtractor(value: unknown): value is FeatureExtractor {
  return isObject(value) && Object.keys(extractorFields).every((name) => value[name] !== undefined);
}

import {
  deriveSeed,
  extractorOf,
  extractorParams,
  type FullMethodContext,
  type Json,
  type Method,
  narrowContext,
  type ParamSpecs,
  type Params,
} from '@attribution-bench/contract';
import { importAuthored } from '@attribution-bench/tasks';
import type { MethodSource, TaskSource } from '../model/job.js';
import { readRun } from './kinds/train.js';
import type { StepContext } from './step-context.js';
import type { StepCode } from './step-definition.js';

interface MethodJob {
  readonly task: TaskSource;
  readonly method: MethodSource;
}

/** The method, and what it may see of the task. */
export async function openMethod(
  source: MethodSource,
  taskSource: TaskSource,
  { store, tasks, cancel, progress, log }: Pick<StepContext, 'store' | 'tasks' | 'cancel' | 'progress' | 'log'>,
): Promise<{ readonly method: Method; readonly ctx: FullMethodContext }> {
  const method = (await importAuthored('method', source.file, source.id)) as Method;
  const task = await tasks.use(taskSource);
  const checkpoints = await Promise.all(
    source.checkpoints.map(async (ref, run) => {
      const models = await readRun(store, ref, taskSource, source.seed, run);
      return models[models.length - 1];
    }),
  );
  const trajectory =
    source.trajectory === undefined ? [] : await readRun(store, source.trajectory, taskSource, source.seed, 0);
  const ctx = task.context({
    checkpoints,
    trajectory,
    scope: deriveSeed(taskSource.spec.seed, taskSource.key, 'method', source.id, source.seed),
    cancel,
    progress,
    log,
  });
  return { method, ctx: narrowContext(ctx, method.needs) };
}

/** What the cost of a method's step depends on. */
export function likenessOfMethod({ task, method }: MethodJob): Json {
  return { task: task.key, engine: task.engine, method: method.id, params: { ...method.params } as Json };
}

/** The code that a method's step runs. */
export function codeOfMethod({ task, method }: MethodJob): StepCode {
  const { params } = method;
  return { network: task.spec, method, ...(namesExtractor(params) && { extractor: extractorOf(params) }) };
}

function namesExtractor(params: Params<ParamSpecs>): params is Params<typeof extractorParams> {
  const values: Readonly<Record<string, unknown>> = params;
  return Object.keys(extractorParams).every((name) => values[name] !== undefined) && values.extractor !== '';
}

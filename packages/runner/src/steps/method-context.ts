import { deriveSeed, type FullMethodContext, type Method, narrowContext } from '@attribution-bench/contract';
import { importMethod } from '../methods/import-method.js';
import type { MethodSource, TaskSource } from '../model/job.js';
import { readRun } from './train.js';
import type { Workshop } from './workshop.js';

/** The method, and what it may see of the task. */
export async function openMethod(
  source: MethodSource,
  taskSource: TaskSource,
  { store, tasks, cancel, progress, log }: Workshop,
): Promise<{ readonly method: Method; readonly ctx: FullMethodContext }> {
  const method = await importMethod(source.url, source.id);
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

import type { TaskSpec } from '@attribution-bench/tasks';
import type { GridTask, ModelTask } from '../model/grid.js';
import type { RawTruth } from './schema.js';

/**
 * The tasks that one task of a grid file stands for: where its truth lists several subset shares, one a share, `id@share`.
 * They have models, fits, scores and retrainings for metrics in common; truths and what rests on them differ.
 */
export function sweepFractions(spec: TaskSpec, truth: RawTruth | undefined): ModelTask[] {
  if (truth === undefined) return [{ id: spec.id, spec }];
  const { fraction, ...rest } = truth;
  if (typeof fraction === 'number') return [{ id: spec.id, spec, truth: { ...rest, fraction } }];
  return fraction.map((share) => {
    const id = `${spec.id}@${share}`;
    return { id, spec: { ...spec, id }, truth: { ...rest, fraction: share } };
  });
}

/** Ids of the tasks that a task named `id` in the grid file stands for. */
export function sweptIds(id: string, tasks: readonly GridTask[]): string[] {
  return tasks.flatMap((task) => (isTaskOf(id, task.id) ? [task.id] : []));
}

/** Whether a task is one of those that a task named `id` in the grid file stands for. */
export function isTaskOf(id: string, task: string): boolean {
  return task === id || task.startsWith(`${id}@`);
}

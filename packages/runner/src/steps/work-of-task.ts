import { hashJson } from '@attribution-bench/contract';
import { type TaskSpec, withoutPlaces } from '@attribution-bench/tasks';

/** A task as the cost of its work depends on it. */
export interface TaskOfWork {
  /** Absent where only its truth is known. */
  readonly spec?: TaskSpec | undefined;
  /** Of the task. */
  readonly key: string;
}

const names = new WeakMap<TaskSpec, string>();

/**
 * Names what is done on a task: equal for tasks that differ in their id, their seed and which labels are wrong, whatever grid they
 * are of. Tasks on files of the user's are like themselves alone, since nothing here says how much is in those.
 */
export function workOf({ spec, key }: TaskOfWork): string {
  if (spec === undefined) return key;
  const name = names.get(spec) ?? nameOf(spec, key);
  names.set(spec, name);
  return name;
}

function nameOf(spec: TaskSpec, key: string): string {
  const { id: _, seed: __, data, ...work } = spec;
  const placed = withoutPlaces(spec);
  if (hashJson(placed.data) !== hashJson(data) || hashJson(placed.model) !== hashJson(spec.model)) return key;
  const { flipLabels: ___, ...points } = data;
  return hashJson({ ...work, data: points });
}

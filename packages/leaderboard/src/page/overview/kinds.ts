import type { TaskView } from '../../view/task-view.js';

/** Tasks of one kind of model: what methods can enter depends on it. */
export interface KindOfTasks {
  /** `Classifiers` */
  readonly title: string;
  readonly views: readonly TaskView[];
}

/** The tasks that have a result, kind by kind, in the order in which kinds first appear. */
export function kindsOfTasks(views: readonly TaskView[]): KindOfTasks[] {
  const measured = views.filter(({ metric }) => metric !== undefined);
  return [...new Set(measured.map(({ task }) => task.kind))].map((kind) => ({
    title: `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}s`,
    views: measured.filter(({ task }) => task.kind === kind),
  }));
}

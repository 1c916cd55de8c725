import { hasNeeds } from '../grid/metric-needs.js';
import type { Grid, GridMetric, GridTask } from '../model/grid.js';

/** Metrics of the grid that are for a task and find what they need there. */
export function metricsForTask({ metrics }: Grid, task: GridTask): GridMetric[] {
  return metrics.filter(
    ({ metric, tasks }) => (tasks === undefined || tasks.includes(task.id)) && hasNeeds(metric, task),
  );
}

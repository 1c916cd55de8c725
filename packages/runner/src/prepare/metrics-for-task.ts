import type { Grid, GridMetric, GridTask } from '../model/grid.js';
import { needsTruthAlone } from '../model/metric-declaration.js';

/** Metrics of the grid that are for a task and find what they need there. */
export function metricsForTask({ metrics }: Grid, task: GridTask): GridMetric[] {
  return metrics.filter(({ metric, tasks }) => {
    if (tasks !== undefined && !tasks.includes(task.id)) return false;
    if (task.spec === undefined) return needsTruthAlone(metric);
    const { truth, spec } = task;
    if (metric.needs.includes('truth') && truth === undefined) return false;
    if (metric.needs.includes('generated') && spec.queries.generated === 0) return false;
    if (metric.needs.includes('predictions') && spec.kind !== 'classifier') return false;
    return !metric.needs.includes('label-noise') || Number(spec.data.flipLabels ?? 0) > 0;
  });
}

import type { BoardInput } from '../board-input.js';
/** The metric a task is ranked by: the primary one where any cell has it, or else the first one that any cell has. */
export function rankingMetric(input: BoardInput, task: string): BoardInput['metrics'][number] | undefined {
  const has = ({ id }: { readonly id: string }) =>
    input.cells.some((cell) => cell.task === task && cell.status === 'ok' && cell.metrics[id] !== undefined);
  return input.metrics.find((metric) => metric.id === input.report.primary && has(metric)) ?? input.metrics.find(has);
}

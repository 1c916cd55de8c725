import type { Estimate, Plan } from '@attribution-bench/runner';

/** Seconds of one worker that the steps of a cell still take. */
export function secondsOf(cell: Plan['cells'][number], prediction: Estimate): number {
  const steps =
    cell.steps === undefined
      ? []
      : [...Object.values(cell.steps.stages), cell.steps.score, ...Object.values(cell.steps.metrics)];
  return steps.reduce((seconds, step) => seconds + (prediction.bySteps.get(step) ?? 0), 0);
}

import type { MetricResult } from '@attribution-bench/contract';
import type { BaselineRow } from './baseline.js';
import type { Scale } from './check.js';

/** Tolerances by metric id, in the unit of {@link toleranceOf}; a metric that is not named has its kind's default. */
export type Tolerances = Readonly<Record<string, number>>;

/** For correlations, for areas under ROC curves, for anything else. */
const defaults = { correlation: 0.02, detection: 0.3, other: 0.02 } as const;

export interface AppliedTolerance {
  readonly scale: Scale;
  /** On that scale. */
  readonly tolerance: number;
}

/**
 * How large a change for the worse is let pass. A correlation has the tolerance as it stands; an area under a ROC curve, in
 * log-odds, where the way from .99 to .98 is as far as from .67 to .50; any other metric, as a share of the largest
 * absolute value of the metric in the task's baseline.
 * @param result any result of the metric
 * @param rows the task's rows of the baseline
 */
export function toleranceOf(
  metric: string,
  { predictions, detection }: MetricResult,
  rows: readonly BaselineRow[],
  given: Tolerances,
): AppliedTolerance {
  const kind = predictions !== undefined ? 'correlation' : detection !== undefined ? 'detection' : 'other';
  const tolerance = given[metric] ?? defaults[kind];
  if (kind === 'correlation') return { scale: 'value', tolerance };
  if (kind === 'detection') return { scale: 'log-odds', tolerance };
  const values = rows.flatMap(({ metrics }) => (metrics[metric] ?? []).map(({ value }) => Math.abs(value)));
  return { scale: 'value', tolerance: tolerance * Math.max(0, ...values) };
}

import type { Json } from '@attribution-bench/contract';
import type { PairedDifference } from '../board.js';

/** Names the layout of check.json; raised when a field changes its meaning. */
export const checkSchema = 'bench/check@1';

/**
 * `ok`: not shown to be worse. `improved`: better by more than the tolerance, surely. `new`: not in the baseline.
 * These fail the gate: `regressed`: worse by more than the tolerance, surely. `missing`: in the baseline only. `failed`:
 * a cell failed or is missing. `not-comparable`: measured against another truth.
 */
export type Verdict = 'ok' | 'improved' | 'new' | 'regressed' | 'missing' | 'failed' | 'not-comparable';

/** What the gate found; the contents of check.json. */
export interface Check {
  readonly schema: typeof checkSchema;
  readonly grid: string;
  readonly passed: boolean;
  /** A change within it is no regression. */
  readonly tolerance: number;
  readonly ci: number;
  /** The last acceptance of the baseline. */
  readonly accepted?: { readonly reason: string; readonly at: string };
  readonly tasks: readonly CheckedTask[];
  readonly rows: readonly CheckedRow[];
}

/** The yardsticks of a task, as measured now. */
export interface CheckedTask {
  readonly id: string;
  readonly metric?: string;
  readonly ceiling?: number;
  readonly random?: number;
}

export interface CheckedRow {
  readonly task: string;
  readonly entry: string;
  /** Metric id; absent where the verdict is on the row as a whole. */
  readonly metric?: string;
  readonly verdict: Verdict;
  /** Why, in words, where the verdict does not say it all. */
  readonly reason?: string;
  /** Set when the scores are not the bytes of the baseline although the metric has not changed. */
  readonly warning?: string;
  readonly before?: number;
  readonly after?: number;
  /** after - before, paired on the same resamples. */
  readonly change?: PairedDifference;
  /** Parameters as they were chosen then, where they are others now. */
  readonly paramsBefore?: { readonly [key: string]: Json };
}

/** Verdicts that fail the gate. */
export const failingVerdicts: ReadonlySet<Verdict> = new Set(['regressed', 'missing', 'failed', 'not-comparable']);

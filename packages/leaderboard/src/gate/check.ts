import type { Json } from '@attribution-bench/contract';
import type { PairedDifference } from '../board.js';

/** Names the layout of check.json; raised when a field changes its meaning. */
export const checkSchema = 'bench/check@2';

/**
 * `ok`: shown not to be worse by more than the tolerance. `improved`: better by more than it, surely. `new`: not in the
 * baseline. `unresolved`: may be worse by more than it, and more subsets, queries or seeds would tell; it does not fail.
 * These fail the gate: `regressed`: worse by more than the tolerance, surely. `missing`: in the baseline only. `failed`:
 * a cell failed or is missing. `not-comparable`: measured on something else.
 */
export type Verdict = 'ok' | 'improved' | 'new' | 'unresolved' | 'regressed' | 'missing' | 'failed' | 'not-comparable';

/** What the gate found; the contents of check.json. */
export interface Check {
  readonly schema: typeof checkSchema;
  readonly grid: string;
  readonly passed: boolean;
  readonly ci: number;
  /** Probability at most that any row regresses where none is worse. */
  readonly falseAlarm: number;
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
  /** What was remade since the baseline from the same description, in words; absent: nothing. */
  readonly remade?: string;
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
  /** The value of the baseline, on the truth at hand. */
  readonly before?: number;
  readonly after?: number;
  /** after - before on `scale`, paired on the same resamples. */
  readonly change?: PairedDifference;
  /** What change and tolerance are measured in: the metric's own unit, or the log-odds of an area under a ROC curve. */
  readonly scale?: Scale;
  /** A change for the worse within it is no regression. */
  readonly tolerance?: number;
  /** Parameters as they were chosen then, where they are others now. */
  readonly paramsBefore?: { readonly [key: string]: Json };
}

export type Scale = 'value' | 'log-odds';

/** Verdicts that fail the gate. */
export const failingVerdicts: ReadonlySet<Verdict> = new Set(['regressed', 'missing', 'failed', 'not-comparable']);

import type { Json } from '@attribution-bench/contract';

/** Names the layout of a baseline file; raised when a field changes its meaning. */
export const baselineSchema = 'bench/baseline@1';

/**
 * What a grid scored when somebody last accepted it, in enough detail for a paired comparison: per query and, where a
 * metric resamples subsets, what was predicted for each.
 */
export interface Baseline {
  readonly schema: typeof baselineSchema;
  readonly grid: string;
  /** Every acceptance, oldest first. */
  readonly accepted: readonly Acceptance[];
  readonly tasks: readonly BaselineTask[];
  readonly rows: readonly BaselineRow[];
}

export interface Acceptance {
  readonly reason: string;
  /** Date or time, as the caller writes it. */
  readonly at: string;
  /** Commit of the code that scored it, where known. */
  readonly commit?: string;
}

export interface BaselineTask {
  readonly id: string;
  /** Absent for a task without ground truth. */
  readonly truth?: string;
  /** SHA-256 of the subsets, queries and training points that are reported on. */
  readonly split: string;
  /** Id and parameters of each metric. */
  readonly metrics: readonly { readonly id: string; readonly params: { readonly [key: string]: Json } }[];
}

export interface BaselineRow {
  readonly task: string;
  readonly entry: string;
  readonly params: { readonly [key: string]: Json };
  readonly seeds: readonly number[];
  /** SHA-256 of the scores by seed; empty when they were not kept. */
  readonly scoresDigests: readonly string[];
  /** By metric id; one result a seed, or a single one when all seeds gave the same. */
  readonly metrics: { readonly [id: string]: readonly BaselineResult[] };
}

/** One seed's result of one metric. */
export interface BaselineResult {
  readonly value: number;
  readonly perQuery?: readonly number[];
  readonly perSampledQuery?: readonly number[];
  /** What each draw of the metric's own randomness gives alone, [draws × queries], by source of it. */
  readonly repeats?: Readonly<Record<string, PackedNumbers>>;
  /** Predictions, [subsets × queries]: their ranks within each query where only ranks count. */
  readonly predictions?: PackedNumbers;
  /** SHA-256 of what the predictions are correlated with, where that is not the truth of the task. */
  readonly outcomes?: string;
  /** Ranks of training points by suspicion, and 1 where there was something to find. */
  readonly detection?: { readonly ranks: PackedNumbers; readonly positive: PackedNumbers };
}

/** An array of numbers in little-endian bytes, base64. */
export interface PackedNumbers {
  readonly type: 'uint8' | 'uint16' | 'uint32' | 'float64';
  readonly base64: string;
}

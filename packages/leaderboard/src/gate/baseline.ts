import type { Json } from '@attribution-bench/contract';

/** Names the layout of a baseline file; raised when a field changes its meaning. */
export const baselineSchema = 'bench/baseline@2';

/**
 * What a grid scored when somebody last accepted it, in enough detail for a paired comparison: what every method predicted
 * and how it ranked points, which are measured again on the truth at hand, and per query the values of metrics that keep
 * neither.
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

/** What the numbers of a task rest on. */
export interface BaselineTask {
  readonly id: string;
  /** Hash of what the grid says of data, model and target. */
  readonly key: string;
  /** SHA-256 of the first model's sanity values: the same bytes of a model have the same ones. */
  readonly models: string;
  /** Absent for a task without ground truth. */
  readonly truth?: BaselineTruth;
  /** SHA-256 of the subsets, queries and training points that are reported on. */
  readonly split: string;
  /** Id and parameters of each metric. */
  readonly metrics: readonly { readonly id: string; readonly params: { readonly [key: string]: Json } }[];
}

export interface BaselineTruth {
  /** SHA-256 of the members of all subsets: predictions stand for those, whatever retraining on them gave. */
  readonly subsets: string;
  /** SHA-256 of what the retrained models put out. */
  readonly outputs: string;
}

export interface BaselineRow {
  readonly task: string;
  readonly entry: string;
  /** Best by all seeds. */
  readonly params: { readonly [key: string]: Json };
  /** What each of `seeds` was reported with, where that is not `params` for every one. */
  readonly paramsBySeed?: readonly { readonly [key: string]: Json }[];
  readonly seeds: readonly number[];
  /** SHA-256 of the scores by seed; empty when they were not kept. */
  readonly scoresDigests: readonly string[];
  /** By metric id; one result a seed, or a single one when all seeds gave the same. */
  readonly metrics: { readonly [id: string]: readonly BaselineResult[] };
}

/** One seed's result of one metric. */
export interface BaselineResult {
  /** As it was when it was accepted. */
  readonly value: number;
  readonly perQuery?: readonly number[];
  readonly perSampledQuery?: readonly number[];
  /** What each draw of the metric's own randomness gives alone, [draws × queries], by source of it. */
  readonly repeats?: Readonly<Record<string, PackedNumbers>>;
  /**
   * Predictions, [subsets × queries]: their ranks within each query where only ranks count. The value by query follows
   * from them and the outcomes at hand, so `perQuery` is left out.
   */
  readonly predictions?: PackedNumbers;
  /** SHA-256 of what the predictions were correlated with, where that is not the truth of the task. */
  readonly outcomes?: string;
  /** Ranks of training points by suspicion, and 1 where there was something to find. */
  readonly detection?: { readonly ranks: PackedNumbers; readonly positive: PackedNumbers };
}

/** An array of numbers in little-endian bytes, base64. */
export interface PackedNumbers {
  readonly type: 'uint8' | 'uint16' | 'uint32' | 'float64';
  readonly base64: string;
}

import type { OutputFunction, PointSet } from '@attribution-bench/contract';

/** What predictions are compared with, and how: the only thing that classifiers and regressors differ in. */
export interface References {
  /** Numbers of one: classes of a one-hot label, or 1 for a response. */
  readonly width: number;
  /** [points × width] of each set. */
  readonly values: Readonly<Record<PointSet, Float32Array>>;
  /** Training loss of each sample. */
  readonly loss: OutputFunction;
}

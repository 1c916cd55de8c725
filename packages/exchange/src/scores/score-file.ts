import type { NdArray } from '@attribution-bench/contract';

/** What a positive score says that the training point does to the target of the query. */
export type Sign = 'raises' | 'lowers';
export type Orientation = 'queries-by-train' | 'train-by-queries';

/** What scores cost whoever computed them. */
export interface DeclaredCost {
  readonly seconds?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly retrainings?: number;
}

/** What is said of scores, in their file or in a grid. */
export interface AboutScores {
  readonly sign?: Sign;
  readonly orientation?: Orientation;
  readonly title?: string;
  readonly family?: string;
  readonly cost?: DeclaredCost;
}

/** What a file of scores holds, before it is known whether it fits a task. */
export interface ScoreFile {
  readonly matrix: NdArray;
  readonly trainIds?: readonly string[];
  readonly queryIds?: readonly string[];
  /** Key of the task that they are of. */
  readonly task?: string;
  readonly about: AboutScores;
}

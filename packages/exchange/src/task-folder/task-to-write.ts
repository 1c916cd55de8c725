import type { LoadedCheckpoint, TaskData, TaskSpec } from '@attribution-bench/tasks';

/** A task with its models, as it is written for other programs. */
export interface TaskToWrite {
  readonly spec: TaskSpec;
  /** Key of the task. */
  readonly key: string;
  /** With the generated queries. */
  readonly data: TaskData;
  /** The seed of methods that the models were trained for. */
  readonly methodSeed: number;
  /** Final models of runs 0, 1, ... */
  readonly checkpoints: readonly TrainedModel[];
  /** Models along run 0, the last one final. */
  readonly trajectory: readonly LoadedCheckpoint[];
  readonly truth?: TruthToWrite;
}

export interface TrainedModel {
  readonly checkpoint: LoadedCheckpoint;
  /** Mean training loss of each epoch, [epochs]. */
  readonly losses: Float32Array;
}

/** Truth that parameters may be chosen on. */
export interface TruthToWrite {
  readonly key: string;
  readonly fraction: number;
  readonly retrainSeeds: number;
  /** Whether each retraining repeats the run of a checkpoint, without the points left out; absent: seeds of their own. */
  readonly seeds?: 'same';
  /** Training indices of each subset. */
  readonly members: readonly Int32Array[];
  /** Rows of the queries that `outputs` is of, ascending. */
  readonly queries: Int32Array;
  /** Target of these queries under every retrained model, [subsets × retrainSeeds × queries]. */
  readonly outputs: Float32Array;
}

import type { ParamSpecs, Params, ScoreShape, Split, TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import type { TaskSpec } from '@attribution-bench/tasks';
import type { SubsetRule } from './subset-rule.js';

/** What a worker is told to do, as plain data. Keys and files of inputs are settled; nothing is looked up. */
export type StepJob =
  | DatasetJob
  | GenerateJob
  | DiagnoseJob
  | TaskJob
  | TrainJob
  | RetrainJob
  | TruthJob
  | FitJob
  | ScoreJob
  | MetricJob;

export interface DatasetJob {
  readonly kind: 'dataset';
  readonly spec: TaskSpec;
  readonly output: ArtifactOutput;
}

/** Where the points of a task are stored. */
export interface DataSource {
  readonly dataset: ArtifactRef;
  /** Generated queries; absent where the task has none, and before they are there. */
  readonly generated?: ArtifactOutput;
}

/** Draws the generated queries of a generator. */
export interface GenerateJob {
  readonly kind: 'generate';
  readonly spec: TaskSpec;
  readonly dataset: ArtifactRef;
  readonly engine: 'onnx' | 'tfjs';
  readonly output: ArtifactOutput;
}

/** Compares the generated queries of a generator with its training and held-out points. */
export interface DiagnoseJob {
  readonly kind: 'diagnose';
  readonly spec: TaskSpec;
  readonly source: DataSource;
  readonly output: ArtifactOutput;
}

/** A task that a worker can open. */
export interface TaskSource extends DataSource {
  readonly spec: TaskSpec;
  readonly key: string;
  readonly engine: 'onnx' | 'tfjs';
}

/** Finds out what a task is made of: {@link TaskInfo} and how many models it trains at once. */
export interface TaskJob {
  readonly kind: 'task';
  readonly task: TaskSource;
  readonly output: ArtifactOutput;
}

/** One of a method seed's independently seeded runs on the whole training set. */
export interface TrainJob {
  readonly kind: 'train';
  readonly task: TaskSource;
  /** Of the method. */
  readonly seed: number;
  /** Models kept along the run; at least 1, the final one. */
  readonly snapshots: number;
  readonly run: number;
  readonly output: ArtifactOutput;
}

/** Ground truth, one group: one retraining of each of some subsets. */
export interface RetrainJob {
  readonly kind: 'retrain';
  readonly task: TaskSource;
  readonly rule: SubsetRule;
  readonly retrainSeed: number;
  readonly subsets: readonly { readonly subset: number; readonly output: ArtifactOutput }[];
}

/** Puts all retrainings of a task together. */
export interface TruthJob {
  readonly kind: 'truth';
  readonly task: Pick<TaskSource, 'spec' | 'key' | 'dataset'>;
  readonly rule: SubsetRule;
  readonly retrainSeeds: number;
  /** [subsets × retrainSeeds] */
  readonly rows: readonly ArtifactRef[];
  readonly output: ArtifactOutput;
}

/** A method on a task. */
export interface MethodSource {
  readonly id: string;
  readonly url: string;
  /** Whether it is a user's, to be run in a process of its own. */
  readonly isolated: boolean;
  readonly params: Params<ParamSpecs>;
  readonly seed: number;
  /** Checkpoints 0, 1, ... */
  readonly checkpoints: readonly ArtifactOutput[];
  /** The run whose snapshots are the trajectory. */
  readonly trajectory?: ArtifactOutput;
}

export interface FitJob {
  readonly kind: 'fit';
  readonly task: TaskSource;
  readonly method: MethodSource;
  readonly output: ArtifactOutput;
}

export interface ScoreJob {
  readonly kind: 'score';
  readonly task: TaskSource;
  readonly method: MethodSource;
  readonly fit: ArtifactRef;
  /** Whether a metric wants to know which points look mislabelled. */
  readonly selfInfluence: boolean;
  readonly output: ArtifactOutput;
}

export interface MetricJob {
  readonly kind: 'metric';
  readonly metric: string;
  readonly params: Params<ParamSpecs>;
  readonly info: TaskInfo;
  readonly scores: ArtifactOutput;
  readonly scoreShape: ScoreShape;
  readonly truth?: { readonly key: string; readonly rule: SubsetRule; readonly artifact: ArtifactOutput };
  readonly task: TaskSource;
  /** Given when the metric needs to know which labels were flipped. */
  readonly dataset?: ArtifactRef;
  readonly report: Split;
  readonly tune?: Split;
  readonly output: ArtifactOutput;
}

import type { ParamSpecs, Params, TaskInfo } from '@attribution-bench/contract';
import type { ArtifactOutput, ArtifactRef } from '@attribution-bench/store';
import type { SubsetScope, TaskSpec } from '@attribution-bench/tasks';
import type { EngineName } from '@attribution-bench/tfjs-onnx';

/**
 * What a worker is told to do, as plain data. Keys and files of inputs are settled; nothing is looked up. What else a job
 * holds depends on its kind.
 */
export interface StepJob {
  readonly kind: string;
  /** URL of the module whose default export defines the kind, where that is not one of this package. */
  readonly module?: string;
}

/** Where the points of a task are stored. */
export interface DataSource {
  readonly dataset: ArtifactRef;
  /** Generated queries; absent where the task has none, and while its data is being made. */
  readonly generated?: ArtifactOutput;
}

/** A task that a worker can open. */
export interface TaskSource extends DataSource {
  readonly spec: TaskSpec;
  readonly key: string;
  readonly engine: EngineName;
  /** SHA-256 of the code that its models come out of. */
  readonly harness: string;
}

/** A task of which only a truth is known that others published. */
export interface ForeignSource {
  readonly id: string;
  /** The grid seed. */
  readonly seed: number;
  /** Of the task and of its truth. */
  readonly key: string;
  readonly info: TaskInfo;
  readonly truth: ArtifactOutput;
  readonly spec?: undefined;
}

/** A task that methods run on. */
export type CellSource = TaskSource | ForeignSource;

/** Id and grid seed of a task. */
export function namesOf(source: CellSource): { readonly id: string; readonly seed: number } {
  return source.spec ?? source;
}

/** A method on a task. */
export interface MethodSource {
  readonly id: string;
  /** File of its module. */
  readonly file: string;
  /** Whether it is a user's, to be run in a process of its own. */
  readonly isolated: boolean;
  readonly params: Params<ParamSpecs>;
  readonly seed: number;
  /** The seed that its models are of: its own, or the one that the truth keeps. */
  readonly modelSeed: number;
  /** Checkpoints 0, 1, ... */
  readonly checkpoints: readonly ArtifactOutput[];
  /** Given where these are trained on subsets of the training set. */
  readonly checkpointSubsets?: { readonly fraction: number; readonly scope: SubsetScope };
  /** The run whose snapshots are the trajectory. */
  readonly trajectory?: ArtifactOutput;
  /** Runs 1, 2, ... with as many snapshots, where the method looks along several runs. */
  readonly otherTrajectories?: readonly ArtifactOutput[];
  /** Subsets that it may learn from, where it needs any. */
  readonly subsets?: ArtifactOutput;
}

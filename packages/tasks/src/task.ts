import type { CancelSignal, Checkpoint, ModelMethodContext, Seed, TaskInfo } from '@attribution-bench/contract';

export interface TrainRequest {
  /**
   * One entry per model. `members` are the training rows it sees, all of them when left out; the runs of one request have
   * equally many members. `weights`, [train], in place of members: the run with this seed on all points once more, with
   * the same initial parameters, batches, steps, masks, noise and augmentation, but with the loss of each point times its
   * weight, the mean over a batch still divided by all points of the batch. Weights of 1 give that very run, to the byte; a
   * point of weight 0 has no part in it, nor in the statistics of batch normalisations.
   */
  readonly runs: readonly { readonly seed: Seed; readonly members?: Int32Array; readonly weights?: Float32Array }[];
  /**
   * How many models to keep along each run, evenly spread over its epochs, the last one final: those of each number where
   * there are several, see {@link snapshotEpochs}. Default 0: none.
   */
  readonly snapshots?: number | readonly number[];
  readonly cancel: CancelSignal;
  /** Share of the request done, 0 to 1. */
  progress?(done: number): void;
}

export interface Snapshot {
  readonly step: number;
  readonly epoch: number;
  /** Learning rate of the step that led to it. */
  readonly learningRate: number;
  readonly parameters: Float32Array;
}

export interface TrainedRun {
  /** The final model, flat: the parameters in the order of `TaskInfo.layers`, then statistics of batch normalisations. */
  readonly parameters: Float32Array;
  /** Mean training loss of each epoch, [epochs]. */
  readonly losses: Float32Array;
  readonly snapshots: readonly Snapshot[];
}

/** A checkpoint with its parameters, and the training run that it came from. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly parameters: Float32Array;
  /** Seed of its training run, which was on the whole training set. */
  readonly seed: Seed;
}

export interface ContextRequest {
  readonly checkpoints: readonly LoadedCheckpoint[];
  readonly trajectory: readonly LoadedCheckpoint[];
  /** What the method's own random numbers derive from. */
  readonly scope: Seed;
  readonly cancel: CancelSignal;
  progress(done: number): void;
  log(message: string): void;
  /** Where notes are kept besides the log. */
  readonly note?: ((message: string) => void) | undefined;
}

/** A task with its data and an engine: trains models and answers what the harness and methods ask of them. */
export interface Task {
  readonly info: TaskInfo;
  /** How many models one graph trains on subsets at once; part of how bytes come about, fixed by the spec. */
  readonly stack: number;
  /** Kinds of layers that its network is written with, as methods of `Nn`. */
  readonly layers: readonly string[];
  /**
   * Trains one model per run. Where runs have members, in groups of exactly `stack` (the last one filled up by repeating
   * runs), so that a model's bytes depend on its run and its place in its group only; runs on the whole training set
   * one by one, weighted or not, as a replay of them has to.
   * @throws BenchError TRAINING_DIVERGED when a loss is not finite
   */
  train(request: TrainRequest): Promise<readonly TrainedRun[]>;
  /** Target of every query under each model, higher is more, [queries] each. */
  queryTargets(parameters: readonly Float32Array[]): Promise<Float32Array[]>;
  /** Classifiers: 1 where a model gives a query its label, [queries] each. */
  queryRight?(parameters: readonly Float32Array[]): Promise<Uint8Array[]>;
  /** Values that tell whether a model is worth explaining. Classifier: trainLoss, trainAccuracy, queryAccuracy. Regressor: trainLoss, trainRmse, queryRmse. Generator: trainLoss, heldoutLoss, generatedLoss. */
  sanity(parameters: Float32Array): Promise<Record<string, number>>;
  /**
   * Generators: images of a model, [images × dims], in the range of the inputs. Image i starts from the same noise in
   * every model; images 0 to `queries.generated` - 1 of the generating model are the generated queries.
   */
  generate?(parameters: Float32Array, images: readonly number[], cancel: CancelSignal): Promise<Float32Array>;
  /** What a method sees; narrow it to the method's needs before handing it over. */
  context(request: ContextRequest): ModelMethodContext;
  release(): Promise<void>;
}

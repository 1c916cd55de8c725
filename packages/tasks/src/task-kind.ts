import type { CancelSignal } from '@attribution-bench/contract';
import type { Evaluator } from './passes/evaluator.js';
import type { Likelihood } from './passes/likelihood.js';
import type { Pass, Subject } from './passes/pass.js';
import type { Objective } from './training/objective.js';
import type { Replayer } from './training/replay.js';

/** What differs between kinds of tasks. */
export interface TaskKindParts {
  readonly subject: Subject;
  readonly objective: Objective;
  readonly replay: Replayer;
  /** What the training loss is the likelihood of. */
  readonly likelihood: Likelihood;
  /** The pass through the network that defines the target. */
  readonly targetPass: Pass;
  sanity(evaluator: Evaluator, parameters: Float32Array): Promise<Record<string, number>>;
  /** Classifiers: 1 where a model gives a query its label, [queries] for each model; `atOnce` models are evaluated together. */
  right?(evaluator: Evaluator, parameters: readonly Float32Array[], atOnce: number): Promise<Uint8Array[]>;
  /** Generators: images [images × dims] of a model; image i starts from the same noise in every model. */
  generate?(parameters: Float32Array, images: readonly number[], cancel: CancelSignal): Promise<Float32Array>;
  /**
   * Generators: every query at the time steps it was drawn at, each time as the clean image that was assumed there.
   * @throws BenchError SAMPLING_PATH when not all queries were drawn
   */
  samplingPass?(cancel: CancelSignal): Promise<Pass>;
  release(): Promise<void>;
}

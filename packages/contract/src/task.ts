export type TaskKind = 'classifier' | 'generator';

/** One layer of a model, in parameter order. */
export interface LayerInfo {
  readonly name: string;
  readonly kind: string;
  /** Where its parameters start in the flat vector, and how many there are. */
  readonly offset: number;
  readonly size: number;
}

/** What a method may know of a task. */
export interface TaskInfo {
  readonly id: string;
  readonly kind: TaskKind;
  /** Id of the target that is explained, e.g. `margin`; higher is more. */
  readonly target: string;
  /** Training points, query points, parameters. */
  readonly train: number;
  readonly queries: number;
  /** Generators: how many of the queries, the last ones, it drew itself. */
  readonly generated?: number;
  readonly parameters: number;
  readonly layers: readonly LayerInfo[];
  /** Shape of one input, e.g. [64] or [28, 28, 1]. */
  readonly inputShape: readonly number[];
  /** Number of classes; 0 for a generator. */
  readonly classes: number;
  /** Noise levels of a diffusion model; 0 for a classifier. */
  readonly diffusionSteps: number;
  readonly epochs: number;
  readonly batch: number;
  /** Optimizer of the training runs: `sgd`, `adam`, `adamw`. */
  readonly optimizer: string;
}

/** Kinds of tasks whose models are trained here. */
export type ModelKind = 'classifier' | 'regressor' | 'generator';
/** `foreign`: of the task only a ground truth is known that others published; it has no points, models or gradients. */
export type TaskKind = ModelKind | 'foreign';

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
  /** Id of the target that is explained, e.g. `margin`, or words where only the truth is known; higher is more. */
  readonly target: string;
  /** Training points, query points, parameters. What describes a model is 0 or empty where only the truth is known. */
  readonly train: number;
  readonly queries: number;
  /** Generators: how many of the queries, the last ones, it drew itself. */
  readonly generated?: number;
  readonly parameters: number;
  readonly layers: readonly LayerInfo[];
  /** Shape of one input, e.g. [64] or [28, 28, 1]. */
  readonly inputShape: readonly number[];
  /** Number of classes of a classifier; otherwise 0. */
  readonly classes: number;
  /** Noise levels of a diffusion model; otherwise 0. */
  readonly diffusionSteps: number;
  readonly epochs: number;
  readonly batch: number;
  /** Optimizer of the training runs: `sgd`, `adam`, `adamw`. */
  readonly optimizer: string;
  /** Of `sgd`; 0 for none. */
  readonly momentum?: number;
  /** L2 term that is added to the gradient (`sgd`, `adam`), or share of the parameters that each step takes off per learning rate (`adamw`). */
  readonly weightDecay?: number;
}

import type * as tf from '@tensorflow/tfjs';

/** Parameters and what the optimiser remembers about them, all of one shape. */
export interface Slots {
  readonly value: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/** Numbers of one step, computed outside of the graph in float64. */
export interface StepScalars {
  readonly lr: tf.Tensor;
  /** 1 / (1 - beta1^t) and 1 / (1 - beta2^t) of step t = 1, 2, ...; Adam only. */
  readonly correction1?: tf.Tensor;
  readonly correction2?: tf.Tensor;
}

export interface Optimizer {
  /** Names of what is remembered of each parameter; all start at 0. */
  readonly slots: readonly string[];
  readonly corrections?: { readonly beta1: number; readonly beta2: number };
  update(parameter: Slots, gradient: tf.Tensor, step: StepScalars): Slots;
  /** 1 / (sqrt(v) + eps) with bias correction from the second moment after this gradient; undefined: all ones. */
  preconditioner?(parameter: Slots, gradient: tf.Tensor, step: StepScalars): tf.Tensor;
}

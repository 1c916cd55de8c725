import type { Seed } from '@attribution-bench/contract';
import type { Tensor } from '@tensorflow/tfjs';

/** The distribution of what predictions are compared with whose negative log density the training loss is, up to a constant. */
export interface Likelihood {
  /** Numbers of a reference. */
  readonly outputs: number;
  /** Random numbers of the rows of a training point, which depend on the seed and the point's own numbers. */
  draws(seed: Seed): (point: number, into: Float32Array) => void;
  /**
   * In TensorFlow.js: a reference for each row, drawn from what the model predicts for it.
   * @param prediction [rows × outputs]
   * @param draws [rows × outputs]
   */
  sampled(prediction: Tensor, draws: Tensor): Tensor;
}

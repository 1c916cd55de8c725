import * as tf from '@tensorflow/tfjs';

/** log Σ exp over the last axis, computed around the largest element, which may be as low as -1e30. */
export function logSumExp(x: tf.Tensor): tf.Tensor {
  return tf.logSumExp(x, -1);
}

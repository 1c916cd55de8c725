import * as tf from '@tensorflow/tfjs';

/**
 * log Σ exp over the last axis, computed around the largest element; others may be as low as -1e30. Its gradient is the
 * softmax, in one operation.
 */
export function logSumExp(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [given, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([given]);
    return {
      value: tf.logSumExp(given, -1),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(tf.expandDims(dy, -1), tf.softmax(saved)),
    };
  })(x);
}

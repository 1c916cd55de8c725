import * as tf from '@tensorflow/tfjs';

/** A gradient with that of an L2 penalty on the parameter. */
export function withDecay(gradient: tf.Tensor, value: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, weightDecay));
}

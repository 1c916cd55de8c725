import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/** Joins the axes of one input into one, leaving all batch axes as they are. */
export function flattened(x: tf.Tensor, inputShape: readonly number[]): tf.Tensor {
  if (inputShape.length === 1) return x;
  return tf.reshape(x, [...x.shape.slice(0, x.rank - inputShape.length), sizeOf(inputShape)]);
}

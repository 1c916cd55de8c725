import type { OutputFunction } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

/** logit_y - max_{j≠y} logit_j: above 0 where the classifier is right. */
export const lead: OutputFunction = (logits, labels) => {
  const own = tf.sum(tf.mul(logits, labels), -1);
  return tf.sub(own, tf.max(tf.sub(logits, tf.mul(labels, 1e30)), -1));
};

import * as tf from '@tensorflow/tfjs';
import { logSumExp } from './log-sum-exp.js';

/**
 * Cross-entropy of each sample: log Σ exp(logits) - logit_y.
 * @param labels one-hot, of the shape of the logits
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.sub(logSumExp(logits), tf.sum(tf.mul(logits, labels), -1));
}

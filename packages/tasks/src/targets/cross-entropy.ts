import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy of each sample: minus the log-softmax at its label. Its gradient, softmax - labels, shares the
 * log-softmax of the value, which is most of the cost.
 * @param labels one-hot, of the shape of the logits
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([x]);
    return {
      value: tf.neg(tf.sum(tf.mul(tf.logSoftmax(x), labels), -1)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
        tf.mul(tf.expandDims(dy, -1), tf.sub(tf.exp(tf.logSoftmax(saved)), labels)),
    };
  })(logits);
}

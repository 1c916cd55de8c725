import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy of each sample, which keeps its digits where p_y rounds to 1: -log p_y = log(1 + q / p_y) with q the sum
 * of the other classes' p. Its gradient by the logits is p_j for those, and -q, not p_y - 1, for the label.
 * @param labels one-hot, of the shape of the logits; no gradient is taken by them
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [x, y, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([x, y]);
    const own = logShare(x, y);
    const others = tf.sum(otherShares(x, y), -1, true);
    return {
      value: tf.squeeze(tf.softplus(tf.sub(tf.log(others), own)), [-1]),
      gradFunc: (dy: tf.Tensor, [x, y]: tf.Tensor[]) => {
        const others = otherShares(x, y);
        const slope = tf.sub(others, tf.mul(y, tf.sum(others, -1, true)));
        return [tf.mul(tf.expandDims(dy, -1), slope), tf.zerosLike(y)];
      },
    };
  })(logits, labels);
}

/** log p of the label: the numbers of log-softmax, of one class only. */
function logShare(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const peak = tf.max(logits, -1, true);
  const own = tf.sub(tf.sum(tf.mul(logits, labels), -1, true), peak);
  return tf.sub(own, tf.log(tf.sum(tf.exp(tf.sub(logits, peak)), -1, true)));
}

/** p of every class but the label, which has 0. */
function otherShares(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.mul(tf.softmax(logits), tf.sub(1, labels));
}

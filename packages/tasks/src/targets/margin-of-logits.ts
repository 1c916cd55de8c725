import * as tf from '@tensorflow/tfjs';

const outOfReach = 1e30;

/**
 * log Σ_{j≠y} exp(logit_j - logit_y) = log (1 - p_y) / p_y of each sample. The label is pushed out of the sum, so nothing
 * is lost where p_y rounds to 1; differences of logits come first, so nothing is lost where all logits are large. Its
 * gradient is the softmax over the other classes, and -1 for the label.
 * @param labels one-hot, of the shape of the logits; no gradient is taken by them
 */
export function negatedMargin(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [x, y, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([x, y]);
    const own = tf.sum(tf.mul(x, y), -1, true);
    return {
      value: tf.logSumExp(withoutLabel(tf.sub(x, own), y), -1),
      gradFunc: (dy: tf.Tensor, [x, y]: tf.Tensor[]) => {
        const slope = tf.sub(tf.softmax(withoutLabel(x, y)), y);
        return [tf.mul(tf.expandDims(dy, -1), slope), tf.zerosLike(y)];
      },
    };
  })(logits, labels);
}

function withoutLabel(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.sub(logits, tf.mul(labels, outOfReach));
}

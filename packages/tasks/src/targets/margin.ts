import * as tf from '@tensorflow/tfjs';
import { logSumExp } from './log-sum-exp.js';
import { defineTarget } from './target.js';

const outOfReach = 1e30;

/**
 * The margin logit_y - log Σ_{j≠y} exp(logit_j) = log p_y / (1 - p_y) of Park et al. 2023 (TRAK), section 3. The label's
 * logit is pushed out of the sum, so nothing is lost where p_y rounds to 1.
 */
export const margin = defineTarget({
  id: 'margin',
  title: 'Multi-class margin',
  kind: 'classifier',
  params: {},
  output: (logits, labels) => {
    const own = tf.sum(tf.mul(logits, labels), -1);
    const others = logSumExp(tf.sub(logits, tf.mul(labels, outOfReach)));
    return tf.sub(own, others);
  },
});

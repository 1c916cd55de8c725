import * as tf from '@tensorflow/tfjs';
import { negatedMargin } from './margin-of-logits.js';
import { defineTarget } from './target.js';

/** The margin logit_y - log Σ_{j≠y} exp(logit_j) = log p_y / (1 - p_y) of Park et al. 2023 (TRAK), section 3. */
export const margin = defineTarget({
  id: 'margin',
  title: 'Multi-class margin',
  kind: 'classifier',
  params: {},
  words: 'log odds of the label y: its logit less the log-sum-exp of all other logits',
  formula: 'logit[y] - log(sum over j != y of exp(logit[j]))',
  output: (logits, labels) => tf.neg(negatedMargin(logits, labels)),
});

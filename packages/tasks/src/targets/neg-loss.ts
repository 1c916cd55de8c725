import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from './cross-entropy.js';
import { defineTarget } from './target.js';

/** The negated cross-entropy: the log-likelihood of the label. */
export const negLoss = defineTarget({
  id: 'neg-loss',
  title: 'Log-likelihood of the label',
  kind: 'classifier',
  params: {},
  words: 'log-likelihood of the label y: the negated cross-entropy of the logits',
  formula: 'logit[y] - log(sum over j of exp(logit[j]))',
  output: (logits, labels) => tf.neg(crossEntropy(logits, labels)),
});

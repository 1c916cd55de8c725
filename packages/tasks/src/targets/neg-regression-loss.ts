import * as tf from '@tensorflow/tfjs';
import { defineTarget } from './target.js';

/** The negated training loss of a regressor: how well it predicts the response of a point. */
export const negRegressionLoss = defineTarget({
  id: 'neg-regression-loss',
  title: 'Negated loss of the prediction',
  kind: 'regressor',
  params: {},
  words: 'negated training loss of the prediction for a point, see loss',
  formula: '-loss(output, y)',
  output: (predicted, response, loss) => tf.neg(loss(predicted, response)),
});

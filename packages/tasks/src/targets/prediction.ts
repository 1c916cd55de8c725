import * as tf from '@tensorflow/tfjs';
import { defineTarget } from './target.js';

/** What a regressor predicts for a point. */
export const prediction = defineTarget({
  id: 'prediction',
  title: 'Prediction',
  kind: 'regressor',
  params: {},
  words: 'the predicted response of a point',
  formula: 'the one output',
  output: (predicted) => tf.sum(predicted, -1),
});

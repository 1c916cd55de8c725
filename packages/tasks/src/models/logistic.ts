import { flattened } from '../nn/functions/flattened.js';
import { defineModel } from './model.js';

/** Multinomial logistic regression: one dense layer. */
export const logistic = defineModel({
  id: 'logistic',
  title: 'Multinomial logistic regression',
  kind: 'classifier',
  stackable: true,
  params: {},
  network:
    (_params, { inputShape, outputs }) =>
    (nn, x) =>
      nn.dense('fc', flattened(x, inputShape), outputs),
});

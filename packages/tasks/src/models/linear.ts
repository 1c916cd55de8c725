import { flattened } from '../nn/functions/flattened.js';
import { regressionParams } from '../regressor/regression-params.js';
import { defineModel } from './model.js';

/**
 * Linear regression: one dense layer with one output. With squared loss and `weightDecay` λ, training that ends at the optimum
 * is ridge regression: it minimises Σ (x_iᵀw + b - y_i)² / 2n + λ (|w|² + b²) / 2. The defaults reach it on standardised
 * columns: full batches, as long as there are no more points than `batch`, a constant learning rate, and momentum.
 */
export const linear = defineModel({
  id: 'linear',
  title: 'Linear regression (ridge, with weightDecay)',
  kind: 'regressor',
  stackable: true,
  params: regressionParams,
  recipe: { epochs: 1000, batch: 512, lr: 0.1, schedule: 'constant', weightDecay: 0.01 },
  network:
    (_params, { inputShape, outputs }) =>
    (nn, x) =>
      nn.dense('fc', flattened(x, inputShape), outputs),
});

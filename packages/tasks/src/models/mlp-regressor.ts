import { regressionParams } from '../regressor/regression-params.js';
import { denseLayers, denseParams } from './dense-layers.js';
import { defineModel } from './model.js';

export const mlpRegressor = defineModel({
  id: 'mlp-regressor',
  title: 'Multi-layer perceptron that predicts a number',
  kind: 'regressor',
  stackable: true,
  params: { ...denseParams, ...regressionParams },
  recipe: { epochs: 60, batch: 32, lr: 0.05 },
  network: denseLayers,
});

import { denseLayers, denseParams } from './dense-layers.js';
import { defineModel } from './model.js';

export const mlp = defineModel({
  id: 'mlp',
  title: 'Multi-layer perceptron',
  kind: 'classifier',
  stackable: true,
  params: denseParams,
  network: denseLayers,
});

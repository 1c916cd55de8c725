import { choice, int, list } from '@attribution-bench/contract';
import { activationNames, activations } from '../nn/activations.js';
import { flattened } from '../nn/flattened.js';
import { defineModel } from './model.js';

/** Dense layers fc1, fc2, ... with an activation between them. */
export const mlp = defineModel({
  id: 'mlp',
  title: 'Multi-layer perceptron',
  kind: 'classifier',
  stackable: true,
  params: {
    hidden: list(int({ min: 1, max: 65_536, help: 'units' }), { default: [32], help: 'units of each hidden layer' }),
    activation: choice(activationNames, { default: 'relu', help: 'between the layers' }),
  },
  network:
    ({ hidden, activation }, { inputShape, outputs }) =>
    (nn, x) => {
      const act = activations[activation];
      const last = hidden.reduce((h, units, l) => act(nn.dense(`fc${l + 1}`, h, units)), flattened(x, inputShape));
      return nn.dense(`fc${hidden.length + 1}`, last, outputs);
    },
});

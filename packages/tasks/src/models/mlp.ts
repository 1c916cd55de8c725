import { choice, int, list, num } from '@attribution-bench/contract';
import { activationNames, activations } from '../nn/functions/activations.js';
import { flattened } from '../nn/functions/flattened.js';
import { defineModel } from './model.js';

/** Dense layers fc1, fc2, ... with an activation and, where asked for, dropout between them. */
export const mlp = defineModel({
  id: 'mlp',
  title: 'Multi-layer perceptron',
  kind: 'classifier',
  stackable: true,
  params: {
    hidden: list(int({ min: 1, max: 65_536, help: 'units' }), { default: [32], help: 'units of each hidden layer' }),
    activation: choice(activationNames, { default: 'relu', help: 'between the layers' }),
    dropout: num({ default: 0, min: 0, max: 0.99, help: 'share of hidden units dropped in each training step' }),
  },
  network:
    ({ hidden, activation, dropout }, { inputShape, outputs }) =>
    (nn, x) => {
      const act = activations[activation];
      const last = hidden.reduce(
        (h, units, l) => {
          const activated = act(nn.dense(`fc${l + 1}`, h, units));
          return dropout === 0 ? activated : nn.dropout(`dropout${l + 1}`, activated, dropout);
        },
        flattened(x, inputShape),
      );
      return nn.dense(`fc${hidden.length + 1}`, last, outputs);
    },
});

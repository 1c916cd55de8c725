import { choice, int, list, num, type Params } from '@attribution-bench/contract';
import type { Forward } from '../nn/architecture/layer.js';
import { activationNames, activations } from '../nn/functions/activations.js';
import { flattened } from '../nn/functions/flattened.js';
import type { ModelShape } from './model.js';

/** What a multi-layer perceptron takes. */
export const denseParams = {
  hidden: list(int({ min: 1, max: 65_536, help: 'units' }), { default: [32], help: 'units of each hidden layer' }),
  activation: choice(activationNames, { default: 'relu', help: 'between the layers' }),
  dropout: num({ default: 0, min: 0, max: 0.99, help: 'share of hidden units dropped in each training step' }),
} as const;

/** Dense layers fc1, fc2, ... with an activation and, where asked for, dropout between them. */
export function denseLayers(
  { hidden, activation, dropout }: Params<typeof denseParams>,
  { inputShape, outputs }: ModelShape,
): Forward {
  return (nn, x) => {
    const act = activations[activation];
    const last = hidden.reduce(
      (h, units, l) => {
        const activated = act(nn.dense(`fc${l + 1}`, h, units));
        return dropout === 0 ? activated : nn.dropout(`dropout${l + 1}`, activated, dropout);
      },
      flattened(x, inputShape),
    );
    return nn.dense(`fc${hidden.length + 1}`, last, outputs);
  };
}

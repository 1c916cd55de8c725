import type * as tf from '@tensorflow/tfjs';
import { applyDense } from './dense.js';
import type { Nn } from './layer.js';

/** Tensors by parameter name, each in its declared shape or with a leading model axis. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** Interprets a network with given parameters. With a model axis they make it run a whole stack of models at once. */
export function withParameters(parameters: Parameters): Nn {
  return {
    dense: (name, x) => applyDense(x, parameters[`${name}.weight`], parameters[`${name}.bias`]),
  };
}

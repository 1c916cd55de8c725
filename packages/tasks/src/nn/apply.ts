import * as tf from '@tensorflow/tfjs';
import { applyConv2d } from './conv2d.js';
import { applyDense } from './dense.js';
import { scaledAndShifted, standardised } from './group-norm.js';
import type { Architecture, Network, Nn } from './layer.js';

/** Tensors by parameter name, each in its declared shape or with a leading model axis. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** Interprets a network with given parameters. With a model axis they make it run a whole stack of models at once. */
export function withParameters(parameters: Parameters): Nn {
  return {
    dense: (name, x, _units, { bias = true } = {}) =>
      applyDense(x, parameters[`${name}.weight`], bias ? parameters[`${name}.bias`] : undefined),
    conv2d: (name, x, options) => applyConv2d(name, x, options, parameters),
    groupNorm: (name, x, groups) =>
      scaledAndShifted(standardised(x, groups), parameters[`${name}.scale`], parameters[`${name}.shift`]),
  };
}

/**
 * Runs a stack of models, at once or one after the other.
 * @param parameters with a leading model axis
 * @param x [models × batch × ...], or [1 × batch × ...] for the same inputs to all; `time` likewise
 * @returns [models × batch × outputs]
 */
export function runModels(
  { network, architecture }: { readonly network: Network; readonly architecture: Architecture },
  parameters: Parameters,
  x: tf.Tensor,
  time?: tf.Tensor,
): tf.Tensor {
  if (network.stackable) return network.forward(withParameters(parameters), x, time);
  const models = parameters[architecture.parameters[0].name].shape[0];
  const outputs = Array.from({ length: models }, (_, m) => {
    const own = Object.fromEntries(architecture.parameters.map(({ name }) => [name, entry(parameters[name], m)]));
    const output = network.forward(withParameters(own), entry(x, m), time === undefined ? undefined : entry(time, m));
    return tf.expandDims(output, 0);
  });
  return models === 1 ? outputs[0] : tf.concat(outputs, 0);
}

/** Entry `index` along the leading axis, the only one if there is but one. */
function entry(tensor: tf.Tensor, index: number): tf.Tensor {
  const [count, ...shape] = tensor.shape;
  if (count === 1) return tf.reshape(tensor, shape);
  const rest = shape.map(() => 0);
  return tf.reshape(tf.slice(tensor, [index, ...rest], [1, ...shape]), shape);
}

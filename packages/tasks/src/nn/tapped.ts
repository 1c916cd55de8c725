import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './apply.js';
import { applyDense } from './dense.js';
import type { Architecture, Network, Nn } from './layer.js';

/** A layer's input and the derivative of a sample's scalar by the layer's output, before any activation. */
export interface Factors {
  /** [samples × in] */
  readonly input: tf.Tensor;
  /** [samples × out] */
  readonly delta: tf.Tensor;
}

/**
 * Per-sample gradients as pairs whose outer product, with a 1 appended to the input for the bias, is the gradient of a
 * sample's scalar with respect to a layer. One backward pass yields the pairs of all samples and layers: a zero is added
 * to each layer's output, and the gradient of the sum of all scalars by these zeros is taken.
 * @param scalars maps the network's output to one scalar a sample, [samples]
 * @returns the pairs by layer name, in layer order
 */
export function sampleFactors(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  scalars: (output: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  time?: tf.Tensor,
): Readonly<Record<string, Factors>> {
  const { layers } = architecture;
  const zeros = layers.map(({ outputs }) => tf.zeros([x.shape[0], outputs]));
  const { inputs } = perturbed(network, architecture, parameters, zeros, x, time);
  const deltas = tf.grads((...perturbations: tf.Tensor[]) => {
    const { output } = perturbed(network, architecture, parameters, perturbations, x, time);
    return tf.sum(scalars(output));
  })(zeros);
  return Object.fromEntries(layers.map(({ name }, l) => [name, { input: inputs[l], delta: deltas[l] }] as const));
}

/** The input of the last layer of each sample, [samples × in]. */
export function lastInput(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  x: tf.Tensor,
  time?: tf.Tensor,
): tf.Tensor {
  const { inputs } = perturbed(network, architecture, parameters, [], x, time);
  return inputs[architecture.layers.length - 1];
}

/** Runs a network with `perturbations` added to the outputs of its layers, in layer order, and records their inputs. */
export function perturbed(
  network: Network,
  { layers }: Architecture,
  parameters: Parameters,
  perturbations: readonly tf.Tensor[],
  x: tf.Tensor,
  time?: tf.Tensor,
): { readonly output: tf.Tensor; readonly inputs: readonly tf.Tensor[] } {
  const indexOf = new Map(layers.map(({ name }, index) => [name, index]));
  const inputs: tf.Tensor[] = [];
  const nn: Nn = {
    dense(name, h) {
      const layer = indexOf.get(name) as number;
      inputs[layer] = h;
      const output = applyDense(h, parameters[`${name}.weight`], parameters[`${name}.bias`]);
      const perturbation = perturbations[layer];
      return perturbation === undefined ? output : tf.add(output, perturbation);
    },
  };
  return { output: network(nn, x, time), inputs };
}

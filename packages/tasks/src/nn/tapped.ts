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
  const samples = x.shape[0];
  const zeros = architecture.layers.map(({ outputs }) => tf.zeros([samples, outputs]));
  const run = (perturbations: readonly tf.Tensor[], inputs?: tf.Tensor[]) =>
    network(withTaps(architecture, parameters, perturbations, inputs), x, time);
  const inputs: tf.Tensor[] = [];
  run(zeros, inputs);
  const deltas = tf.grads((...perturbations: tf.Tensor[]) => tf.sum(scalars(run(perturbations))))(zeros);
  return Object.fromEntries(
    architecture.layers.map(({ name }, l) => [name, { input: inputs[l], delta: deltas[l] }] as const),
  );
}

/** The input of the last layer of each sample, [samples × in]. */
export function penultimate(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  x: tf.Tensor,
  time?: tf.Tensor,
): tf.Tensor {
  const inputs: tf.Tensor[] = [];
  network(withTaps(architecture, parameters, [], inputs), x, time);
  return inputs[architecture.layers.length - 1];
}

function withTaps(
  architecture: Architecture,
  parameters: Parameters,
  perturbations: readonly tf.Tensor[],
  inputs?: tf.Tensor[],
): Nn {
  const indexOf = new Map(architecture.layers.map(({ name }, index) => [name, index]));
  return {
    dense(name, x) {
      const layer = indexOf.get(name) as number;
      if (inputs !== undefined) inputs[layer] = x;
      const output = applyDense(x, parameters[`${name}.weight`], parameters[`${name}.bias`]);
      const perturbation = perturbations[layer];
      return perturbation === undefined ? output : tf.add(output, perturbation);
    },
  };
}

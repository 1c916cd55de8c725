import * as tf from '@tensorflow/tfjs';
import type { Architecture, Network, Parameters } from '../architecture/layer.js';
import type { TrainingBatch } from '../layers/batch-norm.js';
import { type Interpreter, withParameters } from './apply.js';

/** What a layer's parameters meet, and the derivative of a sample's scalar by the layer's output, before any activation. */
export interface Taps {
  /** [samples × ...inputShape]: the layer's input; of a normalisation, the standardised one. */
  readonly input: tf.Tensor;
  /** [samples × ...outputShape] */
  readonly delta: tf.Tensor;
}

/**
 * Per-sample gradients in factors: see `gradientFactors` and `gradientRows`. One backward pass yields those of all samples
 * and layers: a zero is added to each layer's output, and the gradient of the sum of all scalars by these zeros is taken.
 * @param scalars maps the network's output to one scalar a sample, [samples]
 * @returns by layer name, in layer order
 */
export function sampleTaps(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  scalars: (output: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  time?: tf.Tensor,
): Readonly<Record<string, Taps>> {
  const { layers } = architecture;
  const zeros = layers.map(({ outputShape }) => tf.zeros([x.shape[0], ...outputShape]));
  const { inputs } = perturbed(network, architecture, parameters, zeros, x, time);
  const deltas = tf.grads((...perturbations: tf.Tensor[]) => {
    const { output } = perturbed(network, architecture, parameters, perturbations, x, time);
    return tf.sum(scalars(output));
  })(zeros);
  return Object.fromEntries(layers.map(({ name }, l) => [name, { input: inputs[l], delta: deltas[l] }] as const));
}

/** The input of the last layer of each sample, [samples × ...inputShape]. */
export function lastInput(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  x: tf.Tensor,
  time?: tf.Tensor,
): tf.Tensor {
  const { inputs } = perturbed(network, architecture, parameters, [], x, time);
  return inputs[lastLayer(architecture)];
}

/** The last layer but for a bias of its own. */
export function lastLayer({ layers }: Architecture): number {
  return layers.findLastIndex(({ kind }) => kind !== 'bias');
}

/** Runs a network with `perturbations` added to the outputs of its layers, in layer order, and records their inputs. */
export function perturbed(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  perturbations: readonly tf.Tensor[],
  x: tf.Tensor,
  time?: tf.Tensor,
): { readonly output: tf.Tensor; readonly inputs: readonly tf.Tensor[] } {
  const inputs: tf.Tensor[] = [];
  const nn = tapping(architecture, perturbations, inputs)(parameters);
  return { output: network.forward(nn, x, time), inputs };
}

/**
 * Interprets a network with `perturbations` added to the outputs of its layers, in layer order, and puts what the layers'
 * parameters meet into `inputs`, with a model axis where the network runs with one.
 * @param perturbations [samples × ...outputShape], or none
 * @param batch in training: as {@link withParameters}
 */
export function tapping(
  { layers }: Architecture,
  perturbations: readonly tf.Tensor[],
  inputs: tf.Tensor[],
  batch?: TrainingBatch,
): Interpreter {
  const indexOf = new Map(layers.map(({ name }, index) => [name, index]));
  const tap = (name: string, input: () => tf.Tensor, output: tf.Tensor): tf.Tensor => {
    const layer = indexOf.get(name) as number;
    inputs[layer] = input();
    const perturbation = perturbations[layer];
    return perturbation === undefined ? output : tf.add(output, tf.reshape(perturbation, output.shape));
  };
  return (parameters) => withParameters(parameters, { tap, ...(batch === undefined ? {} : { batch }) });
}

import * as tf from '@tensorflow/tfjs';
import type { Architecture, Network, Parameters } from '../architecture/layer.js';
import { perturbed, type Taps } from '../interpreters/tapped.js';
import { gradientsOrZeros } from './gradients-or-zeros.js';

/**
 * The derivative of what {@link sampleTaps} gives along a direction in parameter space: with primes for it, the Hessian of
 * a sample's scalar times the direction is, by layer and position, input' ⊗ delta + input ⊗ delta'.
 *
 * delta' is the gradient by the perturbations of the scalars' slope along the direction. input' is a forward-mode
 * derivative, had by differentiating a backward pass by what it starts from.
 */
export function tapTangents(
  network: Network,
  architecture: Architecture,
  parameters: Parameters,
  direction: Parameters,
  scalars: (output: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  time?: tf.Tensor,
): Readonly<Record<string, Taps>> {
  const { layers } = architecture;
  const names = architecture.parameters.map(({ name }) => name);
  const values = names.map((name) => parameters[name]);
  const given = (list: readonly tf.Tensor[]): Parameters => ({
    ...parameters,
    ...Object.fromEntries(names.map((name, i) => [name, list[i]])),
  });
  const along = (gradients: readonly tf.Tensor[]): tf.Tensor =>
    gradients
      .map((gradient, i) => tf.sum(tf.mul(gradient, direction[names[i]])))
      .reduce((sum, product) => tf.add(sum, product));

  const samples = x.shape[0];
  const zeros = layers.map(({ outputShape }) => tf.zeros([samples, ...outputShape]));
  const run = (list: readonly tf.Tensor[], perturbations: readonly tf.Tensor[]) =>
    perturbed(network, architecture, given(list), perturbations, x, time);
  const slope = (...perturbations: tf.Tensor[]) =>
    along(gradientsOrZeros((...list) => tf.sum(scalars(run(list, perturbations).output)), values));
  const deltas = gradientsOrZeros(slope, zeros);

  const starts = layers.map(({ inputShape }) => tf.zeros([samples, ...inputShape]));
  const backward = (...weights: tf.Tensor[]) =>
    along(
      gradientsOrZeros((...list) => {
        const { inputs: taps } = run(list, zeros);
        return taps.map((tap, l) => tf.sum(tf.mul(tap, weights[l]))).reduce((sum, product) => tf.add(sum, product));
      }, values),
    );
  const inputs = gradientsOrZeros(backward, starts);
  return Object.fromEntries(layers.map(({ name }, l) => [name, { input: inputs[l], delta: deltas[l] }] as const));
}

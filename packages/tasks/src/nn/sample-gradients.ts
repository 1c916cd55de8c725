import * as tf from '@tensorflow/tfjs';
import type { LayerSpec } from './layer.js';
import { patchesOf } from './patches.js';
import type { Taps } from './tapped.js';

/**
 * The gradient of a sample with respect to a layer as a [width × outputs] matrix: input ⊗ delta where the layer is used at
 * one place, otherwise 1 ⊗ the flattened matrix itself.
 */
export interface GradientFactors {
  /** [samples × width], or ones [samples × 1] */
  readonly input: tf.Tensor;
  /** [samples × outputs], or [samples × size] */
  readonly delta: tf.Tensor;
}

export function gradientFactors(layer: LayerSpec, taps: Taps): GradientFactors {
  const { input, delta } = taps;
  if (isOuterProduct(layer)) return { input: inputsOf(layer, input, 1), delta };
  return { input: tf.ones([delta.shape[0], 1]), delta: gradientRows(layer, taps) };
}

/**
 * The derivative of such factors along a direction, where the taps' derivatives are `tangents`: the gradient changes by
 * input' ⊗ delta + input ⊗ delta' (primes: derivatives).
 */
export function gradientFactorTangents(layer: LayerSpec, taps: Taps, tangents: Taps): GradientFactors {
  if (isOuterProduct(layer)) return { input: inputsOf(layer, tangents.input, 0), delta: tangents.delta };
  const { input, delta } = taps;
  const byInput = gradientRows(layer, { input: tangents.input, delta }, 0);
  const byDelta = gradientRows(layer, { input, delta: tangents.delta }, 1);
  return { input: tf.zeros([delta.shape[0], 1]), delta: tf.add(byInput, byDelta) };
}

/**
 * The same with one pair for each position, or for convolutions the images that patches are taken from: all values of
 * the samples in a row, each array with the samples as its leading axis.
 */
export function positionFactors(
  layer: LayerSpec,
  taps: Taps,
): { readonly input: tf.Tensor; readonly delta: tf.Tensor } {
  if (layer.kind === 'dense') return { input: inputsOf(layer, taps.input, 1), delta: taps.delta };
  return layer.kind === 'conv2d' ? taps : gradientFactors(layer, taps);
}

/** The number of rows and columns of the matrix that stands for a layer in such factors. */
export function factorShape(layer: LayerSpec): readonly [number, number] {
  return isOuterProduct(layer) ? [layer.width, layer.outputs] : [1, layer.size];
}

const isOuterProduct = ({ kind, positions }: LayerSpec): boolean => kind === 'dense' && positions === 1;

/**
 * Gradient of each sample, [samples × size], in flat order.
 * @param constant the last input of layers with a bias: 1, or 0 for derivatives
 */
function gradientRows(layer: LayerSpec, { input, delta }: Taps, constant: 0 | 1 = 1): tf.Tensor {
  if (layer.kind === 'groupNorm') return normGradients({ input, delta }, constant);
  const { patches, positions, outputs, size } = layer;
  const [samples] = delta.shape;
  const seen = patches === undefined ? tf.reshape(input, [samples, positions, -1]) : patchesOf(patches, input);
  return tf.reshape(
    tf.matMul(inputsOf(layer, seen, constant), tf.reshape(delta, [samples, positions, outputs]), true),
    [samples, size],
  );
}

/** Of scale and shift, summed over positions, [samples × 2 · channels]. */
function normGradients({ input, delta }: Taps, constant: 0 | 1 = 1): tf.Tensor {
  const [samples] = delta.shape;
  const channels = delta.shape[delta.rank - 1];
  const summed = (values: tf.Tensor) => tf.sum(tf.reshape(values, [samples, -1, channels]), 1);
  return tf.concat([summed(tf.mul(delta, input)), tf.mul(summed(delta), constant)], 1);
}

/** Inputs [... × in] with the constant at their end where the layer has a bias, [... × width]. */
function inputsOf({ bias }: LayerSpec, input: tf.Tensor, constant: 0 | 1): tf.Tensor {
  return bias ? tf.concat([input, tf.fill([...input.shape.slice(0, -1), 1], constant)], -1) : input;
}

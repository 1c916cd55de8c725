import { choices } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { LayerSpec } from '../architecture/layer.js';
import { patchesOf } from '../architecture/patches.js';
import type { Taps } from '../interpreters/tapped.js';
import { depthwiseGradients } from '../layers/depthwise-conv2d.js';

const ofWindows = choices('layer', { depthwiseConv2d: depthwiseGradients });

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
  if (isOuterProduct(layer)) return outerFactors(layer, taps, 1);
  return { input: tf.ones([taps.delta.shape[0], 1]), delta: gradientRows(layer, taps) };
}

/**
 * The derivative of such factors along a direction, where the taps' derivatives are `tangents`: the gradient changes by
 * input' ⊗ delta + input ⊗ delta' (primes: derivatives).
 */
export function gradientFactorTangents(layer: LayerSpec, taps: Taps, tangents: Taps): GradientFactors {
  if (isOuterProduct(layer)) return outerFactors(layer, tangents, 0);
  const { input, delta } = taps;
  const byInput = gradientRows(layer, { input: tangents.input, delta }, 0);
  const byDelta = gradientRows(layer, { input, delta: tangents.delta }, 1);
  return { input: tf.zeros([delta.shape[0], 1]), delta: tf.add(byInput, byDelta) };
}

/**
 * Factors as of {@link gradientFactors} with one pair for each position, or for convolutions the images that patches are taken from: all values of
 * the samples in a row, each array with the samples as its leading axis.
 */
export function positionFactors(
  layer: LayerSpec,
  taps: Taps,
): { readonly input: tf.Tensor; readonly delta: tf.Tensor } {
  switch (layer.kind) {
    case 'dense':
    case 'embedding':
      return { input: inputsOf(layer, taps.input, 1), delta: taps.delta };
    case 'conv2d':
      return taps;
    case 'conv2dTranspose':
      return exchanged(taps);
    default:
      return gradientFactors(layer, taps);
  }
}

/** A transposed convolution is one from its output to its input. */
const exchanged = ({ input, delta }: Taps): Taps => ({ input: delta, delta: input });

/** The number of rows and columns of the matrix that stands for a layer in such factors. */
export function factorShape(layer: LayerSpec): readonly [number, number] {
  return isOuterProduct(layer) ? [layer.width, layer.outputs] : [1, layer.size];
}

const isOuterProduct = ({ kind, positions }: LayerSpec): boolean =>
  (kind === 'dense' || kind === 'embedding') && positions === 1;

function outerFactors(layer: LayerSpec, { input, delta }: Taps, constant: 0 | 1): GradientFactors {
  const [samples] = delta.shape;
  const rows = (values: tf.Tensor) => tf.reshape(values, [samples, values.size / samples]);
  return { input: inputsOf(layer, rows(input), constant), delta: rows(delta) };
}

/**
 * Gradient of each sample, [samples × size], in flat order.
 * @param constant the last input of layers with a bias: 1, or 0 for derivatives
 */
function gradientRows(layer: LayerSpec, taps: Taps, constant: 0 | 1 = 1): tf.Tensor {
  const { input, delta } = taps;
  switch (layer.kind) {
    case 'groupNorm':
    case 'batchNorm':
      return normGradients(taps, constant);
    case 'bias':
      return tf.mul(summedOverPositions(delta), constant);
    case 'depthwiseConv2d':
      return ofWindows.depthwiseConv2d(layer, input, delta, constant);
    case 'conv2dTranspose':
      return productSums(layer, exchanged(taps), constant);
    default:
      return productSums(layer, taps, constant);
  }
}

/** Σ over positions of input ⊗ delta. */
function productSums(layer: LayerSpec, { input, delta }: Taps, constant: 0 | 1): tf.Tensor {
  const { patches, positions, outputs, size } = layer;
  const [samples] = delta.shape;
  const seen = patches === undefined ? tf.reshape(input, [samples, positions, -1]) : patchesOf(patches, input);
  return tf.reshape(
    tf.matMul(inputsOf(layer, seen, constant), tf.reshape(delta, [samples, positions, outputs]), true),
    [samples, size],
  );
}

/** Gradients of scale and shift, summed over positions, [samples × 2 · channels]. */
function normGradients({ input, delta }: Taps, constant: 0 | 1): tf.Tensor {
  return tf.concat([summedOverPositions(tf.mul(delta, input)), tf.mul(summedOverPositions(delta), constant)], 1);
}

/** [samples × ... × channels] to [samples × channels]. */
function summedOverPositions(values: tf.Tensor): tf.Tensor {
  return tf.sum(tf.reshape(values, [values.shape[0], -1, values.shape[values.rank - 1]]), 1);
}

/** Inputs [... × in] with the constant at their end where the layer has a bias, [... × width]. */
function inputsOf({ bias }: LayerSpec, input: tf.Tensor, constant: 0 | 1): tf.Tensor {
  return bias ? tf.concat([input, tf.fill([...input.shape.slice(0, -1), 1], constant)], -1) : input;
}

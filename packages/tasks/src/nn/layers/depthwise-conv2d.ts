import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { DepthwiseConv2dOptions, LayerSpec, Parameters } from '../architecture/layer.js';
import { type Patches, pixelsOf } from '../architecture/patches.js';
import { patchesIn } from './conv2d.js';

/**
 * Flat parameters: the weight [kernel × kernel × in × multiplier], row-major, then the bias [in · multiplier] if there is
 * one. Counted as a layer whose only input is the constant 1, since a sample's gradient is no sum of outer products.
 * Initial values are those of PyTorch's `Conv2d` with as many groups as channels: uniform within 1 / kernel.
 * @throws BenchError MODEL_SHAPE when the input is not an image that the filter fits in
 */
export function declareDepthwiseConv2d(
  name: string,
  inputShape: readonly number[],
  { multiplier = 1, bias = true, ...options }: DepthwiseConv2dOptions,
  offset: number,
): LayerSpec {
  const window = patchesIn(name, inputShape, options);
  const { kernel } = options;
  const channels = window.input[2];
  const filters = channels * multiplier;
  const weights = kernel * kernel * filters;
  const size = weights + (bias ? filters : 0);
  const bound = 1 / kernel;
  const shape = [kernel, kernel, channels, multiplier];
  const own = { name: `${name}.bias`, shape: [1, filters], offset: offset + weights, size: filters, bound };
  return {
    name,
    kind: 'depthwiseConv2d',
    offset,
    size,
    width: 1,
    outputs: size,
    bias,
    inputShape,
    outputShape: [...window.output, filters],
    positions: 1,
    window,
    parameters: [{ name: `${name}.weight`, shape, offset, size: weights, bound }, ...(bias ? [own] : [])],
  };
}

export function applyDepthwiseConv2d(
  name: string,
  x: tf.Tensor,
  { stride = 1, padding = 'same', bias = true }: DepthwiseConv2dOptions,
  parameters: Parameters,
): tf.Tensor {
  const weight = parameters[`${name}.weight`] as tf.Tensor4D;
  const convolved = tf.depthwiseConv2d(x as tf.Tensor4D, weight, stride, padding as 'same');
  return bias ? tf.add(convolved, tf.reshape(parameters[`${name}.bias`], [-1])) : convolved;
}

/**
 * Gradient of each sample, [samples × size], in flat order.
 * @param input [samples × ...inputShape]
 * @param delta [samples × ...outputShape]
 * @param constant what the bias is multiplied by: 1, or 0 for derivatives
 */
export function depthwiseGradients(
  { window, bias, outputShape }: LayerSpec,
  input: tf.Tensor,
  delta: tf.Tensor,
  constant: 0 | 1,
): tf.Tensor {
  const seen = window as Patches;
  const [samples] = delta.shape;
  const channels = seen.input[2];
  const multiplier = outputShape[2] / channels;
  const errors = tf.reshape(delta, [samples, sizeOf(seen.output), channels, multiplier]);
  const byTap = pixelsOf(seen, input).map((pixels) =>
    tf.sum(tf.mul(tf.reshape(pixels, [samples, sizeOf(seen.output), channels, 1]), errors), 1),
  );
  const byBias = bias ? [tf.mul(tf.sum(errors, 1), constant)] : [];
  return tf.concat(
    [...byTap, ...byBias].map((rows) => tf.reshape(rows, [samples, channels * multiplier])),
    1,
  );
}

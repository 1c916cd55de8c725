import { BenchError, sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { Conv2dOptions, LayerSpec, Parameters } from '../architecture/layer.js';
import type { Patches } from '../architecture/patches.js';

/**
 * A convolution's flat parameters are its weight [kernel × kernel × in × out], row-major, then its bias [out] if it has
 * one: the matrix that a patch of the input, followed by a constant 1, is multiplied by. PyTorch's `Conv2d` keeps the
 * weight as [out × in × kernel × kernel]. Initial values are those of PyTorch's `Conv2d`: uniform within
 * 1 / sqrt(in · kernel²).
 * @throws BenchError MODEL_SHAPE when the input is not an image that the filter fits in
 */
export function declareConv2d(
  name: string,
  inputShape: readonly number[],
  options: Conv2dOptions,
  offset: number,
): LayerSpec {
  const patches = patchesIn(name, inputShape, options);
  const { filters, kernel, bias = true } = options;
  const inputs = kernel * kernel * patches.input[2];
  const weights = inputs * filters;
  const bound = 1 / Math.sqrt(inputs);
  const shape = [kernel, kernel, patches.input[2], filters];
  const own = { name: `${name}.bias`, shape: [1, filters], offset: offset + weights, size: filters, bound };
  return {
    name,
    kind: 'conv2d',
    offset,
    size: weights + (bias ? filters : 0),
    width: inputs + (bias ? 1 : 0),
    outputs: filters,
    bias,
    inputShape,
    outputShape: [...patches.output, filters],
    positions: sizeOf(patches.output),
    patches,
    parameters: [{ name: `${name}.weight`, shape, offset, size: weights, bound }, ...(bias ? [own] : [])],
  };
}

export function applyConv2d(
  name: string,
  x: tf.Tensor,
  { stride = 1, padding = 'same', bias = true }: Conv2dOptions,
  parameters: Parameters,
): tf.Tensor {
  const convolved = tf.conv2d(x as tf.Tensor4D, parameters[`${name}.weight`] as tf.Tensor4D, stride, padding);
  return bias ? tf.add(convolved, tf.reshape(parameters[`${name}.bias`], [-1])) : convolved;
}

/** Which pixels each output position of a filter sees. */
export function patchesIn(
  name: string,
  inputShape: readonly number[],
  { kernel, stride = 1, padding = 'same' }: Omit<Conv2dOptions, 'filters'>,
): Patches {
  if (inputShape.length !== 3) {
    throw badShape(`${name} convolves images [height, width, channels], not [${inputShape.join(', ')}]`);
  }
  const input = inputShape as [number, number, number];
  const { padInfo, outHeight, outWidth } = tf.backend_util.computeConv2DInfo(
    [1, ...input],
    [kernel, kernel, input[2], 1],
    stride,
    1,
    padding,
  );
  if (outHeight < 1 || outWidth < 1) {
    throw badShape(`the ${kernel}×${kernel} filter of ${name} does not fit into an image of ${input[0]}×${input[1]}`);
  }
  const { top, bottom, left, right } = padInfo;
  return { input, output: [outHeight, outWidth], kernel, stride, pads: [top, bottom, left, right] };
}

export function badShape(message: string): BenchError {
  return new BenchError({
    code: 'MODEL_SHAPE',
    message,
    next: 'use a data set of larger images, or a model of dense layers such as mlp',
  });
}

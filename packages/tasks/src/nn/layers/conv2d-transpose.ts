import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { Conv2dOptions, LayerSpec, Parameters } from '../architecture/layer.js';
import { badShape, patchesIn } from './conv2d.js';

/**
 * Flat parameters: the weight [kernel × kernel × filters × in], row-major. A sample's gradient is the sum over the pixels of
 * the input of (the patch of the output's gradient that the pixel went to) ⊗ pixel: that of a convolution from output to
 * input, with input and delta exchanged. PyTorch's `ConvTranspose2d` keeps the weight as [in × filters × kernel × kernel].
 * Initial values are those of PyTorch's: uniform within 1 / sqrt(filters · kernel²).
 * @throws BenchError MODEL_SHAPE when the input is not an image, or the padding leaves nothing
 */
export function declareConv2dTranspose(
  name: string,
  inputShape: readonly number[],
  options: Conv2dOptions,
  offset: number,
): LayerSpec {
  if (inputShape.length !== 3) throw badShape(`${name} convolves images, not [${inputShape.join(', ')}]`);
  const channels = inputShape[2];
  const { filters, kernel } = options;
  const outputShape = outputShapeOf(inputShape, options);
  if (outputShape.some((size) => size < 1)) throw badShape(`the padding of ${name} leaves no pixel`);
  const patches = patchesIn(name, outputShape, options);
  const width = kernel * kernel * filters;
  const size = width * channels;
  const shape = [kernel, kernel, filters, channels];
  return {
    name,
    kind: 'conv2dTranspose',
    offset,
    size,
    width,
    outputs: channels,
    bias: false,
    inputShape,
    outputShape,
    positions: sizeOf(patches.output),
    patches,
    parameters: [{ name: `${name}.weight`, shape, offset, size, bound: initialBound(options) }],
  };
}

/** Added to every pixel; a layer for itself, since its gradient has nothing in common with that of the weight. */
export function declareTransposeBias(
  name: string,
  outputShape: readonly number[],
  options: Conv2dOptions,
  offset: number,
): LayerSpec {
  const { filters } = options;
  return {
    name,
    kind: 'bias',
    offset,
    size: filters,
    width: 1,
    outputs: filters,
    bias: true,
    inputShape: outputShape,
    outputShape,
    positions: 1,
    parameters: [{ name, shape: [1, filters], offset, size: filters, bound: initialBound(options) }],
  };
}

/** Without bias. */
export function applyConv2dTranspose(
  name: string,
  x: tf.Tensor,
  options: Conv2dOptions,
  parameters: Parameters,
): tf.Tensor {
  const { stride = 1, padding = 'same' } = options;
  const [batch, ...inputShape] = x.shape;
  const [height, width, filters] = outputShapeOf(inputShape, options);
  const weight = parameters[`${name}.weight`] as tf.Tensor4D;
  return tf.conv2dTranspose(x as tf.Tensor4D, weight, [batch, height, width, filters], stride, padding);
}

export function addBias(name: string, x: tf.Tensor, parameters: Parameters): tf.Tensor {
  return tf.add(x, tf.reshape(parameters[name], [-1]));
}

function outputShapeOf(
  [height, width]: readonly number[],
  { filters, kernel, stride = 1, padding = 'same' }: Conv2dOptions,
): [number, number, number] {
  const side = (size: number): number => {
    if (padding === 'same') return size * stride;
    return (size - 1) * stride + kernel - 2 * (padding === 'valid' ? 0 : padding);
  };
  return [side(height), side(width), filters];
}

const initialBound = ({ filters, kernel }: Conv2dOptions): number => 1 / Math.sqrt(filters * kernel * kernel);

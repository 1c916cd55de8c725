import * as tf from '@tensorflow/tfjs';
import type { LayerSpec, Parameters } from '../architecture/layer.js';

/**
 * A normalisation's flat parameters: the scale of each channel, initially 1, then the shift, initially 0. Counted as a layer
 * whose only input is the constant 1, since a sample's gradient is no outer product.
 */
export function declareNorm(
  name: string,
  kind: 'groupNorm' | 'batchNorm',
  inputShape: readonly number[],
  offset: number,
): LayerSpec {
  const channels = inputShape[inputShape.length - 1];
  const shape = [1, channels];
  return {
    name,
    kind,
    offset,
    size: 2 * channels,
    width: 1,
    outputs: 2 * channels,
    bias: true,
    inputShape,
    outputShape: inputShape,
    positions: 1,
    parameters: [
      { name: `${name}.scale`, shape, offset, size: channels, bound: 0, centre: 1 },
      { name: `${name}.shift`, shape, offset: offset + channels, size: channels, bound: 0 },
    ],
  };
}

/** Values by channel, [1 × channels] or [models × 1 × channels], in a shape that repeats them over x [... × channels]. */
export function byChannel(values: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (values.rank === 2) return tf.reshape(values, [-1]);
  const [models, , channels] = values.shape;
  return tf.reshape(values, [models, ...x.shape.slice(1, -1).map(() => 1), channels]);
}

export function scaledAndShifted(name: string, x: tf.Tensor, parameters: Parameters): tf.Tensor {
  return tf.add(tf.mul(x, byChannel(parameters[`${name}.scale`], x)), byChannel(parameters[`${name}.shift`], x));
}

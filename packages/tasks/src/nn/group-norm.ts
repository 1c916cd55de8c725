import { BenchError, exitCode } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { LayerSpec } from './layer.js';

const epsilon = 1e-5;

/**
 * Flat parameters: the scale of each channel, initially 1, then the shift, initially 0. Counted as a layer whose only
 * input is the constant 1, since a sample's gradient is no outer product.
 */
export function declareGroupNorm(
  name: string,
  inputShape: readonly number[],
  groups: number,
  offset: number,
): LayerSpec {
  const channels = inputShape[inputShape.length - 1];
  if (channels % groups !== 0) {
    throw new BenchError({
      code: 'MODEL_SHAPE',
      message: `the ${channels} channels of ${name} cannot be divided into ${groups} groups`,
      next: 'choose a number of groups that divides all numbers of channels',
      exit: exitCode.badInput,
    });
  }
  const shape = [1, channels];
  return {
    name,
    kind: 'groupNorm',
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

/** x [batch × ... × channels] with mean 0 and variance 1 (biased) in each group of channels of each sample. */
export function standardised(x: tf.Tensor, groups: number): tf.Tensor {
  const centred = tf.sub(x, groupMean(x, groups));
  const variance = groupMean(tf.square(centred), groups);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}

/** Mean over all positions and the channels of a group, [batch × 1 ... × channels]: images keep their layout that way. */
function groupMean(x: tf.Tensor, groups: number): tf.Tensor {
  const [batch] = x.shape;
  const channels = x.shape[x.rank - 1];
  const positions = x.shape.slice(1, -1);
  const byChannel =
    positions.length === 0
      ? x
      : tf.mean(
          x,
          positions.map((_, axis) => axis + 1),
        );
  const grouped = tf.mean(tf.reshape(byChannel, [batch, groups, channels / groups]), 2, true);
  const repeated = tf.mul(grouped, tf.ones([1, 1, channels / groups]));
  return tf.reshape(repeated, [batch, ...positions.map(() => 1), channels]);
}

export function scaledAndShifted(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(x, tf.reshape(scale, [-1])), tf.reshape(shift, [-1]));
}

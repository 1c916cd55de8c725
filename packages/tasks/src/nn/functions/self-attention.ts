import * as tf from '@tensorflow/tfjs';
import type { Nn } from '../architecture/layer.js';

/**
 * Self-attention of one head (Vaswani et al. 2017, equation 1) among the positions of a sample, with dense layers
 * `query`, `key`, `value` and `out` under `name`. No sample depends on another.
 * @param x [batch × positions × channels]
 * @returns the same shape, without x added to it
 */
export function selfAttention(nn: Nn, name: string, x: tf.Tensor): tf.Tensor {
  const channels = x.shape[x.rank - 1];
  const [queries, keys, values] = ['query', 'key', 'value'].map((role) => nn.dense(`${name}.${role}`, x, channels));
  const similarities = tf.matMul(tf.mul(queries, 1 / Math.sqrt(channels)), keys, false, true);
  return nn.dense(`${name}.out`, tf.matMul(tf.softmax(similarities), values), channels);
}

/** Self-attention among the pixels of images [batch × height × width × channels]. */
export function pixelAttention(nn: Nn, name: string, x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape;
  return tf.reshape(selfAttention(nn, name, tf.reshape(x, [batch, height * width, channels])), x.shape);
}

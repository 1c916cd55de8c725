import * as tf from '@tensorflow/tfjs';

/** Activation functions that a model's `activation` can name. */
export const activations = {
  relu: (x: tf.Tensor): tf.Tensor => tf.relu(x),
  tanh: (x: tf.Tensor): tf.Tensor => tf.tanh(x),
  /** x Φ(x), with the error function and not its tanh approximation. */
  gelu: (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: tf.customGrad((given, save) => {
    const [x, keep] = [given as tf.Tensor, save as tf.GradSaveFunc];
    const gate = tf.sigmoid(x);
    const value = tf.mul(x, gate);
    keep([gate, value]);
    const gradFunc = (dy: tf.Tensor, [gate, value]: tf.Tensor[]) =>
      tf.mul(dy, tf.add(gate, tf.mul(value, tf.sub(1, gate))));
    return { value, gradFunc };
  }) as (x: tf.Tensor) => tf.Tensor,
} as const;

export type Activation = keyof typeof activations;
export const activationNames = Object.keys(activations) as readonly Activation[];

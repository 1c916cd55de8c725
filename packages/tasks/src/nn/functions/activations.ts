import * as tf from '@tensorflow/tfjs';

/** x σ(x), whose gradient σ - x σ (σ - 1) takes fewer passes in this form than that of the product. */
function silu(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((given, save) => {
    const input = given as tf.Tensor;
    const gate = tf.sigmoid(input);
    const value = tf.mul(input, gate);
    (save as tf.GradSaveFunc)([gate, value]);
    const gradFunc = (dy: tf.Tensor, [gate, value]: tf.Tensor[]) =>
      tf.mul(dy, tf.sub(gate, tf.mul(value, tf.sub(gate, 1))));
    return { value, gradFunc };
  })(x) as tf.Tensor;
}

/** Activation functions that a model's `activation` can name. */
export const activations = {
  relu: (x: tf.Tensor): tf.Tensor => tf.relu(x),
  tanh: (x: tf.Tensor): tf.Tensor => tf.tanh(x),
  /** x Φ(x), with the error function and not its tanh approximation. */
  gelu: (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu,
} as const;

export type Activation = keyof typeof activations;
export const activationNames = Object.keys(activations) as readonly Activation[];

import * as tf from '@tensorflow/tfjs';

/** As `tf.grads`, with zeros where the value does not depend on an argument; `tf.grads` refuses those. */
export function gradientsOrZeros(
  f: (...args: tf.Tensor[]) => tf.Scalar | tf.Tensor,
  args: readonly tf.Tensor[],
): tf.Tensor[] {
  const xs = [...args];
  const { grads } = tf.engine().gradients(() => f(...xs), xs, undefined, true);
  return xs.map((x, i) => (grads[i] as tf.Tensor | null) ?? tf.zerosLike(x));
}

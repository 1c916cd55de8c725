import * as tf from '@tensorflow/tfjs';

/**
 * Repeats every pixel of images [batch × height × width × channels] in 2×2 pixels, then cuts off what is beyond `rows`
 * and `columns`: the way back from halving a side that may have been odd.
 */
export function doubled(x: tf.Tensor, rows: number, columns: number): tf.Tensor {
  const [batch, height, width, channels] = x.shape;
  const enlarged = tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * height, 2 * width]);
  return tf.slice(enlarged, [0, 0, 0, 0], [batch, rows, columns, channels]);
}

import * as tf from '@tensorflow/tfjs';

/** matrix[rows], [models × batch × ...row shape] for rows [models × batch]. */
export function gatherRows(matrix: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  const [models, batch] = rows.shape;
  const flat = tf.gather(matrix, tf.reshape(rows, [models * batch]) as tf.Tensor1D);
  return tf.reshape(flat, [models, batch, ...matrix.shape.slice(1)]);
}

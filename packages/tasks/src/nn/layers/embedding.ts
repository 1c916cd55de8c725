import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { EmbeddingOptions, LayerSpec } from '../architecture/layer.js';

/**
 * Flat parameters: the table [count × width], row-major: the weight of a dense layer without bias on one-hot rows, which
 * gradients treat it as. Initial values are those of PyTorch's `Embedding`: standard normal.
 */
export function declareEmbedding(
  name: string,
  idsShape: readonly number[],
  { count, width }: EmbeddingOptions,
  offset: number,
): LayerSpec {
  const size = count * width;
  return {
    name,
    kind: 'embedding',
    offset,
    size,
    width: count,
    outputs: width,
    bias: false,
    inputShape: [...idsShape, count],
    outputShape: [...idsShape, width],
    positions: sizeOf(idsShape),
    parameters: [{ name: `${name}.table`, shape: [count, width], offset, size, bound: 0, deviation: 1 }],
  };
}

/** With a leading model axis in `table` for ids [models × ...], or [1 × ...] for the same ids in all. */
export function applyEmbedding(ids: tf.Tensor, table: tf.Tensor): tf.Tensor {
  const rows = tf.cast(ids, 'int32');
  const [count, width] = table.shape.slice(-2);
  const models = table.rank === 2 ? 1 : table.shape[0];
  const starts = tf.range(0, models * count, count, 'int32');
  const placed =
    table.rank === 2 ? rows : tf.add(rows, tf.reshape(starts, [models, ...ids.shape.slice(1).map(() => 1)]));
  // An id that does not exist is to fail, and not to be taken from the end or from the next model.
  const missing = tf.logicalOr(tf.less(rows, 0), tf.greaterEqual(rows, count));
  const checked = tf.where(missing, tf.fill(placed.shape, models * count, 'int32'), placed);
  return tf.gather(tf.reshape(table, [models * count, width]), checked);
}

/** What a dense layer of the same weight would be given: [... × count]. */
export function oneHotIds(ids: tf.Tensor, count: number): tf.Tensor {
  return tf.cast(tf.oneHot(tf.cast(ids, 'int32'), count), 'float32');
}

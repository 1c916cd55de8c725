import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { EmbeddingOptions, LayerSpec } from './layer.js';

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
  if (table.rank === 2) return tf.gather(table, rows);
  const [models, count, width] = table.shape;
  const starts = tf.reshape(tf.range(0, models * count, count, 'int32'), [models, ...ids.shape.slice(1).map(() => 1)]);
  return tf.gather(tf.reshape(table, [models * count, width]), tf.add(rows, starts));
}

/** What a dense layer of the same weight would be given: [... × count]. */
export function oneHotIds(ids: tf.Tensor, count: number): tf.Tensor {
  return tf.cast(tf.oneHot(tf.cast(ids, 'int32'), count), 'float32');
}

import { sizeOf } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { DenseOptions, LayerSpec } from '../architecture/layer.js';

/**
 * A dense layer's flat parameters are its weight [in × out], row-major, then its bias [out]: together the
 * [(in + 1) × out] matrix of a layer whose input ends with a constant 1, which is also the outer product
 * input ⊗ delta of a sample's gradient. PyTorch's `Linear` keeps the weight as [out × in].
 * Initial values are those of PyTorch's `Linear`: uniform within 1 / sqrt(in) (Kaiming uniform with a = sqrt 5).
 */
export function declareDense(
  name: string,
  inputShape: readonly number[],
  outputs: number,
  { bias = true }: DenseOptions,
  offset: number,
): LayerSpec {
  const leading = inputShape.slice(0, -1);
  const inputs = inputShape[inputShape.length - 1];
  const bound = 1 / Math.sqrt(inputs);
  const weights = inputs * outputs;
  const own = { name: `${name}.bias`, shape: [1, outputs], offset: offset + weights, size: outputs, bound };
  return {
    name,
    kind: 'dense',
    offset,
    size: weights + (bias ? outputs : 0),
    width: inputs + (bias ? 1 : 0),
    outputs,
    bias,
    inputShape,
    outputShape: [...leading, outputs],
    positions: sizeOf(leading),
    parameters: [
      { name: `${name}.weight`, shape: [inputs, outputs], offset, size: weights, bound },
      ...(bias ? [own] : []),
    ],
  };
}

/** With a leading model axis in `weight` and `bias` for x [models × batch × in]. */
export function applyDense(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  const perPosition = x.rank > 2 && weight.rank === 2;
  const rows = perPosition ? tf.reshape(x, [-1, weight.shape[0]]) : x;
  const product = tf.matMul(rows, weight);
  const output = bias === undefined ? product : tf.add(product, bias);
  return perPosition ? tf.reshape(output, [...x.shape.slice(0, -1), weight.shape[1] as number]) : output;
}

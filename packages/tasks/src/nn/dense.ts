import * as tf from '@tensorflow/tfjs';
import type { LayerSpec } from './layer.js';

/**
 * A dense layer's flat parameters are its weight [in × out], row-major, then its bias [out]: together the
 * [(in + 1) × out] matrix of a layer whose input ends with a constant 1, which is also the outer product
 * input ⊗ delta of a sample's gradient. PyTorch's `Linear` keeps the weight as [out × in].
 * Initial values are those of PyTorch's `Linear`: uniform within 1 / sqrt(in) (Kaiming uniform with a = sqrt 5).
 */
export function declareDense(name: string, inputs: number, outputs: number, offset: number): LayerSpec {
  const bound = 1 / Math.sqrt(inputs);
  const weights = inputs * outputs;
  return {
    name,
    kind: 'dense',
    offset,
    size: weights + outputs,
    inputs,
    outputs,
    parameters: [
      { name: `${name}.weight`, shape: [inputs, outputs], offset, size: weights, bound },
      { name: `${name}.bias`, shape: [1, outputs], offset: offset + weights, size: outputs, bound },
    ],
  };
}

export function applyDense(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return tf.add(tf.matMul(x, weight), bias);
}

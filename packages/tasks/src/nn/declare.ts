import { sizeOf } from '@attribution-bench/contract';
import { compile } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { declareConv2d } from './conv2d.js';
import { declareDense } from './dense.js';
import { declareGroupNorm } from './group-norm.js';
import type { Architecture, LayerSpec, Network, Nn } from './layer.js';

/**
 * Records a network once, with zeros for what its layers put out, to find what parameters it has.
 * @param inputShape shape of one input, without batch axis
 * @param timeFeatures generators: length of the time features
 */
export function declareNetwork(network: Network, inputShape: readonly number[], timeFeatures?: number): Architecture {
  const layers: LayerSpec[] = [];
  let size = 0;
  const declared = (layer: LayerSpec): tf.Tensor => {
    if (layers.some(({ name }) => name === layer.name)) throw new Error(`two layers are named ${layer.name}`);
    layers.push(layer);
    size += layer.size;
    return tf.zeros([1, ...layer.outputShape]);
  };
  const nn: Nn = {
    dense: (name, x, units, options = {}) => declared(declareDense(name, x.shape.slice(1), units, options, size)),
    conv2d: (name, x, options) => declared(declareConv2d(name, x.shape.slice(1), options, size)),
    groupNorm: (name, x, groups) => declared(declareGroupNorm(name, x.shape.slice(1), groups, size)),
  };
  compile(({ x, time }) => ({ output: network.forward(nn, x, time) }), {
    x: { shape: [1, ...inputShape], dtype: 'float32' },
    ...(timeFeatures === undefined ? {} : { time: { shape: [1, timeFeatures], dtype: 'float32' } }),
  });
  return {
    layers,
    parameters: layers.flatMap((layer) => layer.parameters),
    size,
    activations: sum(layers.map(({ inputShape, outputShape }) => sizeOf(inputShape) + sizeOf(outputShape))),
    multiplications: sum(layers.map((layer) => layer.positions * layer.size)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

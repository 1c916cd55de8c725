import { compile } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { declareDense } from './dense.js';
import type { Architecture, LayerSpec, Network, Nn } from './layer.js';

/**
 * Records a network once, with zeros for what its layers put out, to find what parameters it has.
 * @param inputShape shape of one input, without batch axis
 * @param timeFeatures generators: length of the time features
 */
export function declareNetwork(network: Network, inputShape: readonly number[], timeFeatures?: number): Architecture {
  const layers: LayerSpec[] = [];
  let size = 0;
  const add = (layer: LayerSpec) => {
    if (layers.some(({ name }) => name === layer.name)) throw new Error(`two layers are named ${layer.name}`);
    layers.push(layer);
    size += layer.size;
  };
  const nn: Nn = {
    dense(name, x, units) {
      add(declareDense(name, x.shape[x.rank - 1], units, size));
      return tf.zeros([...x.shape.slice(0, -1), units]);
    },
  };
  compile(({ x, time }) => ({ output: network(nn, x, time) }), {
    x: { shape: [1, ...inputShape], dtype: 'float32' },
    ...(timeFeatures === undefined ? {} : { time: { shape: [1, timeFeatures], dtype: 'float32' } }),
  });
  return { layers, parameters: layers.flatMap((layer) => layer.parameters), size };
}

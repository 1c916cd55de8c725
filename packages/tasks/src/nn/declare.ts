import * as tf from '@tensorflow/tfjs';
import { declareDense } from './dense.js';
import type { Architecture, LayerSpec, Network, Nn } from './layer.js';

/**
 * Runs a network once on zeros to find out what parameters it has.
 * @param inputShape shape of one input, without batch axis
 * @param timeFeatures generators: length of the time features
 */
export function declareNetwork(
  network: Network,
  inputShape: readonly number[],
  timeFeatures?: number,
): Architecture & { readonly outputs: number } {
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
  const outputs = tf.tidy(() => {
    const time = timeFeatures === undefined ? undefined : tf.zeros([1, timeFeatures]);
    const output = network(nn, tf.zeros([1, ...inputShape]), time);
    return output.shape[output.rank - 1];
  });
  return { layers, parameters: layers.flatMap((layer) => layer.parameters), size, outputs };
}

import type { OutputFunction } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { noiseColumn, signalColumn, timeColumn } from './levels.js';

/** Mean squared error of the predicted noise over the numbers of an input: the training loss of a sample. */
export const denoisingLoss: OutputFunction = (prediction, noise) =>
  tf.mean(tf.squaredDifference(prediction, noise), -1);

/**
 * What the network is fed: the input with noise, and the time features.
 * @param x [... × dims] clean
 * @param noise [... × dims]
 * @param levels [... × (2 + features)] rows of the level table
 */
export function noisy(x: tf.Tensor, noise: tf.Tensor, levels: tf.Tensor): { x: tf.Tensor; time: tf.Tensor } {
  const column = (index: number) => lastAxis(levels, index, 1);
  const width = levels.shape[levels.rank - 1];
  return {
    x: tf.add(tf.mul(x, column(signalColumn)), tf.mul(noise, column(noiseColumn))),
    time: lastAxis(levels, timeColumn, width - timeColumn),
  };
}

function lastAxis(tensor: tf.Tensor, from: number, size: number): tf.Tensor {
  const begin = tensor.shape.map(() => 0);
  begin[tensor.rank - 1] = from;
  return tf.slice(tensor, begin, [...tensor.shape.slice(0, -1), size]);
}

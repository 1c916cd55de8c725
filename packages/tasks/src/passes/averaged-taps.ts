import type { OutputFunction } from '@attribution-bench/contract';
import type { Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { sampleTaps, type Taps } from '../nn/interpreters/tapped.js';
import type { OpenedPass } from './opened-pass.js';

/**
 * In TensorFlow.js: taps of every layer, by layer name, for the gradient of a scalar of each point averaged over the point's
 * positions; rows are those of the pass.
 * @param feeds the network's arrays and what the pass is fed
 */
export function averagedTaps(
  { subject: { network, architecture }, pass }: OpenedPass,
  output: OutputFunction,
  feeds: Tensors,
): Readonly<Record<string, Taps>> {
  const { positions } = pass;
  const { x, time, reference } = pass.inputs(feeds);
  const scalars = (prediction: tf.Tensor) => {
    const values = output(prediction, reference);
    return positions === 1 ? values : tf.div(values, positions);
  };
  return sampleTaps(network, architecture, feeds, scalars, x, time);
}

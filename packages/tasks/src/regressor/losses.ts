import type { OutputFunction } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { Choice } from '../spec.js';

/** The training loss of a regressor of such a model. */
export function lossOf(model: Choice): OutputFunction {
  return model.loss === 'huber' ? huberLoss(model.huberDelta as number) : squaredLoss;
}

/** r²/2 of the error r of each prediction. */
const squaredLoss: OutputFunction = (prediction, response) => halfSquare(tf.sub(prediction, response));

/**
 * Huber 1964, equation 2.4: r²/2 where |r| ≤ δ, δ|r| - δ²/2 beyond. Written r²/2 less the half squares of what r exceeds δ
 * and -δ by, so that its derivatives need no comparison.
 */
function huberLoss(delta: number): OutputFunction {
  return (prediction, response) => {
    const error = tf.sub(prediction, response);
    const above = halfSquare(tf.relu(tf.sub(error, delta)));
    const below = halfSquare(tf.relu(tf.sub(tf.neg(error), delta)));
    return tf.sub(halfSquare(error), tf.add(above, below));
  };
}

/** Of [… × 1]: half the square, without the last axis. */
function halfSquare(values: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sum(tf.square(values), -1), 0.5);
}

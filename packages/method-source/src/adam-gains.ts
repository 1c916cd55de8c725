import type { ReplayStep } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { Context } from './params.js';
import type { Segment } from './segments.js';

/**
 * How much faster than SGD with the same learning rate Adam moves each layer along its gradient g in each segment of the first
 * run, [segments][layers]: Σ g·Pg / Σ g·g over the steps, with P the preconditioner of a step and g the batch's mean gradient.
 * The run is gone through once more for it.
 */
export async function adamGains(
  { task, replay, signal }: Context,
  segments: readonly Segment[],
): Promise<Float64Array[]> {
  const zeros = () => new Float64Array(task.layers.length);
  const totals = segments.map(() => ({ along: zeros(), squares: zeros() }));
  for await (const { step, emitted } of replay({ emit: alongGradients })) {
    signal.throwIfAborted();
    const { along, squares } = totals[segments.findIndex(({ to }) => step < to)];
    for (let l = 0; l < along.length; l++) {
      along[l] += emitted.along[l];
      squares[l] += emitted.squares[l];
    }
  }
  return totals.map(({ along, squares }) => along.map((value, l) => (squares[l] > 0 ? value / squares[l] : 0)));
}

/** `along`: g·Pg, `squares`: g·g of each layer. */
function alongGradients({ batch, preconditioner }: ReplayStep): Record<string, tf.Tensor> {
  const squares = batch.map(({ input, delta }) =>
    tf.square(tf.matMul(input as tf.Tensor2D, delta as tf.Tensor2D, true)),
  );
  return {
    along: tf.stack(squares.map((square, l) => tf.sum(tf.mul(square, tf.reshape(preconditioner[l], square.shape))))),
    squares: tf.stack(squares.map((square) => tf.sum(square))),
  };
}

import { BenchError, type ErrorCode } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import type { DropoutSpec } from '../architecture/layer.js';

/**
 * @param shape of what it drops from, with the batch axis
 * @throws BenchError MODEL_DROPOUT, MODEL_SHAPE
 */
export function declareDropout(name: string, [batch, ...shape]: readonly number[], rate: number): DropoutSpec {
  const fail = (code: ErrorCode, message: string, next: string): BenchError => new BenchError({ code, message, next });
  if (!(rate >= 0 && rate < 1)) {
    throw fail('MODEL_DROPOUT', `the rate of ${name} is ${rate}`, 'give a share from 0 to below 1');
  }
  if (batch !== 1) {
    throw fail(
      'MODEL_SHAPE',
      `the first axis of what ${name} drops from is not the batch`,
      'reshape it to [batch, ...]',
    );
  }
  return { name, shape, rate };
}

/** @param mask in the shape of x */
export function dropped(x: tf.Tensor, mask: tf.Tensor, rate: number): tf.Tensor {
  return tf.mul(x, tf.mul(tf.cast(mask, 'float32'), 1 / (1 - rate)));
}

import type { Program, TensorSpec } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs } from '../nn/architecture/flat.js';
import { runModels } from '../nn/interpreters/apply.js';
import { noiseColumn, signalColumn, timeColumn } from './levels.js';
import { stepWidth } from './reverse-steps.js';
import type { GeneratorSubject } from './subject.js';

export interface ReverseShape {
  readonly imagesAtOnce: number;
  readonly inputShape: readonly number[];
  /** Numbers of an image. */
  readonly dims: number;
  /** Whether every step adds noise. */
  readonly noisy: boolean;
}

/**
 * Compiles the reverse process as a loop over time steps. Carries `x` [images × dims]; each step takes a row of the levels,
 * one of `reverseSteps` and, if noisy, `noise` [images × dims], and emits the `clean` image that it assumed.
 */
export function compileReverseProcess(
  engine: Engine,
  subject: GeneratorSubject,
  { imagesAtOnce, inputShape, dims, noisy }: ReverseShape,
): Promise<Program> {
  const { architecture, levelWidth } = subject;
  const image: TensorSpec = { shape: [imagesAtOnce, dims], dtype: 'float32' };
  return engine.scan(
    ({ carry: { x }, each: { level, next, noise }, shared }) => {
      const at = (vector: tf.Tensor, index: number) => tf.slice(vector, [index], [1]);
      const time = tf.tile(tf.reshape(tf.slice(level, [timeColumn], [levelWidth - timeColumn]), [1, 1, -1]), [
        1,
        imagesAtOnce,
        1,
      ]);
      const input = tf.reshape(x, [1, imagesAtOnce, ...inputShape]);
      const predicted = tf.reshape(runModels(subject, shared, input, time), [imagesAtOnce, dims]);
      const unclipped = tf.div(tf.sub(x, tf.mul(predicted, at(level, noiseColumn))), at(level, signalColumn));
      const clean = tf.clipByValue(unclipped, -1, 1);
      // The noise that leads from the clipped image to x, so that both parts stay consistent.
      const direction = tf.div(tf.sub(x, tf.mul(clean, at(level, signalColumn))), at(level, noiseColumn));
      const mean = tf.add(tf.mul(clean, at(next, 0)), tf.mul(direction, at(next, 1)));
      return { carry: { x: noise === undefined ? mean : tf.add(mean, tf.mul(noise, at(next, 2))) }, emit: { clean } };
    },
    {
      carry: { x: image },
      each: {
        level: { shape: [levelWidth], dtype: 'float32' },
        next: { shape: [stepWidth], dtype: 'float32' },
        ...(noisy ? { noise: image } : {}),
      },
      shared: parameterSpecs(architecture.arrays, 1),
    },
  );
}

import type { LayerFactors } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';

type Factors = Pick<LayerFactors, 'input' | 'delta'>;

/** Gradients that factors by layer stand for, [samples × p]. */
export function flatGradient(factors: readonly Factors[]): tf.Tensor {
  return tf.concat(
    factors.map(({ input, delta }) =>
      tf.reshape(tf.matMul(tf.expandDims(input, 2), tf.expandDims(delta, 1)), [input.shape[0], -1]),
    ),
    1,
  );
}

/** Derivatives of such gradients where the factors' derivatives are `tangents`, [samples × p]. */
export function flatTangent(factors: readonly Factors[], tangents: readonly Factors[]): tf.Tensor {
  return tf.add(
    flatGradient(factors.map(({ delta }, l) => ({ input: tangents[l].input, delta }))),
    flatGradient(factors.map(({ input }, l) => ({ input, delta: tangents[l].delta }))),
  );
}

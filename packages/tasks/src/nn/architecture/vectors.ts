import * as tf from '@tensorflow/tfjs';
import { flatSize } from './flat.js';
import type { Architecture, ParameterSpec, Parameters } from './layer.js';

/** Arrays that lie side by side in the flat vector of a model, as one array. */
export interface Vector extends Pick<ParameterSpec, 'name' | 'shape' | 'offset' | 'size'> {
  readonly arrays: readonly ParameterSpec[];
}

/**
 * Larger arrays are vectors of their own: cutting them out of one and putting their gradients into one would copy them twice,
 * which takes longer than operators of their own.
 */
const joinedNumbers = 2 ** 14;

/** Arrays, in flat order, as vectors, few where they are small: one operator on all costs less than one on each. */
export function vectorsOf(arrays: readonly ParameterSpec[]): Vector[] {
  const groups: ParameterSpec[][] = [];
  const isLarge = ({ size }: ParameterSpec) => size > joinedNumbers;
  for (const array of arrays) {
    const last = groups.at(-1);
    if (last === undefined || isLarge(array) || isLarge(last[0])) groups.push([array]);
    else last.push(array);
  }
  return groups.map((group) => {
    const [{ name, offset }] = group;
    const size = flatSize(group);
    return { name, offset, size, shape: [size], arrays: group };
  });
}

/** The vectors of all that a model is: those of its parameters, then those of running statistics. */
export function modelVectors({ parameters, statistics }: Architecture): Vector[] {
  return [...vectorsOf(parameters), ...vectorsOf(statistics)];
}

/**
 * The arrays of vectors by name.
 * @param tensors by vector, with any leading axes, which the arrays get too
 */
export function arraysOf(vectors: readonly Vector[], tensors: Parameters): Parameters {
  return Object.assign({}, ...vectors.map((vector) => arraysOfVector(vector, tensors[vector.name])));
}

function arraysOfVector({ arrays }: Vector, tensor: tf.Tensor): Parameters {
  const leading = tensor.shape.slice(0, -1);
  const sizes = arrays.map(({ size }) => size);
  // TensorFlow.js has no gradient of a split into one part.
  const parts = arrays.length === 1 ? [tensor] : tf.split(tensor, sizes, leading.length);
  return Object.fromEntries(arrays.map(({ name, shape }, i) => [name, tf.reshape(parts[i], [...leading, ...shape])]));
}

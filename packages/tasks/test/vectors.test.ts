import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { stacked, unpacked } from '../src/nn/architecture/flat.js';
import type { ParameterSpec } from '../src/nn/architecture/layer.js';
import { arraysOf, vectorsOf } from '../src/nn/architecture/vectors.js';

/** Arrays of these shapes, one after the other. */
function arraysIn(...shapes: readonly number[][]): ParameterSpec[] {
  let offset = 0;
  return shapes.map((shape, i) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const array = { name: `layer${i}.weight`, shape, offset, size, bound: 1 };
    offset += size;
    return array;
  });
}

const large = [128, 129];
const arrays = arraysIn([2, 3], [3], large, large, [4], [1, 2, 2], [5]);

test('small arrays that follow one another are one vector, large ones stay by themselves', () => {
  const vectors = vectorsOf(arrays);
  expect(vectors.map(({ arrays: joined }) => joined.map(({ name }) => name.slice(5, 6)).join())).toEqual([
    '0,1',
    '2',
    '3',
    '4,5,6',
  ]);
  expect(vectors.map(({ offset }) => offset)).toEqual([0, 9, 9 + 16512, 9 + 2 * 16512]);
  expect(vectors.map(({ shape: [size] }) => size)).toEqual([9, 16512, 16512, 13]);
  expect(vectorsOf(arraysIn([128, 128], [1]))).toHaveLength(1);
  expect(vectorsOf([])).toEqual([]);
});

test('vectors of a stack hold the arrays of its models, and gradients find their way back', () => {
  const vectors = vectorsOf(arrays);
  const { offset, size } = arrays[arrays.length - 1];
  const models = [0, 1].map((m) => Float32Array.from({ length: offset + size }, (_, i) => m + i / 8));
  const tensors = Object.entries(stacked(vectors, models)).map(([name, values]) => [
    name,
    tf.tensor(values, [2, values.length / 2]),
  ]);
  const given: Record<string, tf.Tensor> = Object.fromEntries(tensors);
  const found = arraysOf(vectors, given);
  expect(Object.keys(found)).toEqual(arrays.map(({ name }) => name));
  for (const { name, shape } of arrays) {
    expect(found[name].shape).toEqual([2, ...shape]);
    const own = models.flatMap((model) => [...unpacked(arrays, model)[name]]);
    expect([...found[name].dataSync()]).toEqual(own);
  }
  const names = vectors.map(({ name }) => name);
  const halves = tf.grads((...values: tf.Tensor[]) => {
    const parts = arraysOf(vectors, Object.fromEntries(names.map((name, i) => [name, values[i]])));
    return Object.values(parts)
      .map((part) => tf.mul(tf.sum(tf.square(part)), 0.25))
      .reduce((sum, part) => tf.add(sum, part));
  })(names.map((name) => given[name]));
  for (const [i, name] of names.entries())
    expect([...halves[i].dataSync()]).toEqual([...tf.mul(given[name], 0.5).dataSync()]);
});

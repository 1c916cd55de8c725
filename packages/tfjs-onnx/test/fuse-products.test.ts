import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectSameAsCpu, float } from './support/compare.js';

describe('fused products give what separate operations give', () => {
  const operands = { a: float([5, 4]), b: float([4, 3]), bias: float([3]), v: float([5, 3]) };

  it.each<[string, (x: Record<string, tf.Tensor>) => tf.Tensor[]]>([
    ['bias', ({ a, b, bias }) => [tf.add(tf.matMul(a, b), bias)]],
    ['bias first', ({ a, b, bias }) => [tf.add(bias, tf.matMul(a, b))]],
    ['momentum', ({ a, b, v }) => [tf.add(tf.mul(v, 0.9), tf.matMul(a, b))]],
    ['multiple', ({ a, b }) => [tf.mul(tf.matMul(a, b), 0.25)]],
    ['multiple and bias', ({ a, b, bias }) => [tf.add(tf.mul(0.25, tf.matMul(a, b)), bias)]],
    ['two products', ({ a, b }) => [tf.add(tf.matMul(a, b), tf.matMul(tf.neg(a), tf.square(b)))]],
    ['a product with itself', ({ a, b }) => [tf.add(tf.matMul(a, b), tf.matMul(a, b))]],
    [
      'a product used twice',
      ({ a, b, bias, v }) => {
        const product = tf.matMul(a, b);
        return [tf.add(product, bias), tf.add(product, v), product];
      },
    ],
    [
      'a sum used twice',
      ({ a, b, bias }) => {
        const sum = tf.add(tf.matMul(a, b), bias);
        return [sum, tf.relu(sum), tf.add(sum, bias)];
      },
    ],
    ['a larger addend', ({ a, b, v }) => [tf.add(tf.matMul(a, b), tf.stack([v, v]))]],
    [
      'transposed operands',
      ({ a, b, v }) => [tf.add(tf.mul(v, 2), tf.matMul(tf.transpose(b), tf.transpose(a), false, false).transpose())],
    ],
    ['a chain', ({ b, bias, v }) => [tf.add(tf.matMul(tf.add(tf.matMul(v, b, false, true), 1), b), bias)]],
  ])('%s', async (_, fn) => {
    await expectSameAsCpu((inputs) => Object.fromEntries(fn(inputs).map((t, i) => [`y${i}`, t])), operands, 2e-6);
  });

  const images = {
    x: float([2, 4, 3, 32], -0.1, 0.1),
    w: float([3, 3, 32, 32], -0.1, 0.1),
    y: float([2, 4, 3, 32]),
    b: float([32]),
    s: float([2, 1, 1, 32]),
  };
  type Images = Record<keyof typeof images, tf.Tensor>;
  const convolved = ({ x, w }: Images) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');

  it.each<[string, (given: Images) => tf.Tensor[]]>([
    ['bias', (given) => [tf.add(convolved(given), given.b)]],
    ['images', (given) => [tf.add(given.y, convolved(given))]],
    ['bias, images and ReLU', (given) => [tf.relu(tf.add(tf.add(convolved(given), given.b), given.y))]],
    ['images, then bias', (given) => [tf.add(given.b, tf.add(convolved(given), given.y))]],
    ['ReLU, then images', (given) => [tf.add(tf.relu(convolved(given)), given.y)]],
    ['itself', (given) => [tf.add(convolved(given), convolved(given))]],
    ['another one', (given) => [tf.add(convolved(given), convolved({ ...given, x: given.y }))]],
    ['images, and used again', (given) => [tf.add(convolved(given), given.y), tf.neg(convolved(given))]],
    ['factors and terms', (given) => [tf.add(given.b, tf.mul(given.s, convolved(given)))]],
    ['factors and no terms', (given) => [tf.sub(tf.mul(convolved(given), given.b), given.s)]],
    ['factors and images', (given) => [tf.add(tf.mul(convolved(given), given.s), tf.mul(given.y, given.b))]],
    ['terms less factors', (given) => [tf.sub(given.s, tf.mul(convolved(given), given.b))]],
    [
      'factors, used again',
      (given) => [tf.mul(convolved(given), given.s), tf.add(tf.mul(convolved(given), given.s), 1)],
    ],
  ])('a convolution in blocks and %s', async (_, fn) => {
    await expectSameAsCpu(
      (inputs) => Object.fromEntries(fn(inputs as Images).map((t, i) => [`y${i}`, t])),
      images,
      2e-6,
    );
  });
});

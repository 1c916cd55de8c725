import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { onnxEngine, type TensorFunction } from '../src/index.js';
import { difference, drawFeeds, float, gradientOf, type KernelCase, named, runOn, specsOf } from './support/compare.js';

const operands = { x: float([59, 13, 13, 16], -0.02, 0.02), w: float([3, 3, 16, 17], -0.5, 0.5) };
const squares = (x: Tensor, w: Tensor): Tensor => tf.square(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same'));
const whole: KernelCase = { name: 'whole', operands, fn: ({ x, w }) => squares(x, w) };
const apart: KernelCase = {
  name: 'apart',
  operands,
  fn: ({ x, w }) => tf.concat(tf.split(x, [20, 39]).map((part) => squares(part, w))),
};
const resultOf = ({ fn }: KernelCase): TensorFunction => {
  return (inputs) => named(fn(inputs));
};

describe('more images than go through all steps of the algorithm together', () => {
  it.each([
    ['values', resultOf],
    ['gradients', gradientOf],
  ])('give the %s that fewer at a time give', async (_, of) => {
    const [specs, feeds] = [specsOf(operands), drawFeeds(operands)];
    const { outputs: actual } = await runOn(onnxEngine, of(whole), specs, feeds);
    const { outputs: expected } = await runOn(onnxEngine, of(apart), specs, feeds);
    for (const [name, array] of Object.entries(expected))
      expect(difference(actual[name], array)).toBeLessThanOrEqual(1e-5);
  });
});

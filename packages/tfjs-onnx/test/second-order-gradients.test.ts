import type { NumericArray } from '@attribution-bench/contract';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { type Engine, onnxEngine, type TensorFunction, tfjsCpuEngine } from '../src/index.js';
import { smoothCases } from './support/cases.js';
import {
  difference,
  drawFeeds,
  floatInputs,
  gradientOf,
  type KernelCase,
  runOn,
  specsOf,
  weightedSum,
} from './support/compare.js';
import { spatialCases } from './support/spatial-cases.js';

const cases = [...smoothCases, ...spatialCases];

/** Derivative of the gradient along a fixed direction, by differentiating the graph of the gradient. */
function curvatureAlong(one: KernelCase, direction: Record<string, NumericArray>): TensorFunction {
  const gradient = gradientOf(one);
  const names = floatInputs(one.operands);
  return (inputs) => {
    const alongDirection = (...given: tf.Tensor[]) => {
      const slopes = gradient({ ...inputs, ...Object.fromEntries(names.map((name, i) => [name, given[i]])) });
      return names
        .map((name) => tf.sum(tf.mul(slopes[name], tf.tensor(direction[name], inputs[name].shape, 'float32'))))
        .reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    };
    const products = tf.grads(alongDirection)(names.map((name) => inputs[name]));
    return Object.fromEntries(names.map((name, i) => [name, products[i]]));
  };
}

function drawDirection({ operands }: KernelCase): Record<string, NumericArray> {
  const names = floatInputs(operands);
  return drawFeeds(
    Object.fromEntries(names.map((name) => [name, { shape: operands[name].shape, low: -0.5, high: 0.5 }])),
    9,
  );
}

/** The derivative of a function along a direction from central differences of fourth order. */
async function differences(
  fn: TensorFunction,
  one: KernelCase,
  feeds: Record<string, NumericArray>,
  direction: Record<string, NumericArray>,
): Promise<Record<string, Float64Array>> {
  const program = await onnxEngine.program(fn, specsOf(one.operands));
  const step = 0.02;
  const result: Record<string, Float64Array> = {};
  for (const [factor, weight] of [
    [1, 8],
    [-1, -8],
    [2, -1],
    [-2, 1],
  ]) {
    const moved = { ...feeds };
    for (const [name, along] of Object.entries(direction))
      moved[name] = Float32Array.from(feeds[name], (value, i) => value + factor * step * along[i]);
    for (const [name, slope] of Object.entries(await program.run(moved))) {
      result[name] ??= new Float64Array(slope.length);
      for (let i = 0; i < slope.length; i++) result[name][i] += (weight * slope[i]) / (12 * step);
    }
  }
  await program.release();
  return result;
}

describe('first derivatives agree with finite differences', () => {
  it.each(cases.map((one): [string, KernelCase] => [one.name, one]))('%s', async (_name, one) => {
    const names = floatInputs(one.operands);
    const feeds = drawFeeds(one.operands, 5);
    const direction = drawDirection(one);
    const value: TensorFunction = (inputs) => ({ value: weightedSum(one.fn(inputs)) });
    const { value: slope } = await differences(value, one, feeds, direction);
    const { outputs } = await runOn(onnxEngine, gradientOf(one), specsOf(one.operands), feeds);
    const expected = names
      .flatMap((name) => Array.from(outputs[name], (derivative, i) => derivative * direction[name][i]))
      .reduce((a, b) => a + b);
    expect(difference(slope, Float64Array.of(expected))).toBeLessThan(2e-4);
  });
});

describe.each<[string, Engine]>([
  ['onnx', onnxEngine],
  ['tfjs-cpu', tfjsCpuEngine],
])('second derivatives on %s agree with finite differences', (_, engine) => {
  it.each(cases.map((one): [string, KernelCase] => [one.name, one]))('%s', async (_name, one) => {
    const feeds = drawFeeds(one.operands, 5);
    const names = floatInputs(one.operands);
    const direction = drawDirection(one);
    const expected = await differences(gradientOf(one), one, feeds, direction);
    const actual = await runOn(engine, curvatureAlong(one, direction), specsOf(one.operands), feeds);
    for (const name of names) expect(difference(actual.outputs[name], expected[name])).toBeLessThan(2e-4);
  });
});

describe('a loss with log-softmax', () => {
  it('has the Hessian diag(p) - p pᵀ', async () => {
    const logits = Float32Array.of(0.3, -1.2, 2);
    const hessian: TensorFunction = ({ x }) => {
      const loss = (z: tf.Tensor) => tf.neg(tf.gather(tf.logSoftmax(z), tf.tensor1d([1], 'int32'), 1).sum());
      const rows = [0, 1, 2].map((i) =>
        tf
          .grad((z: tf.Tensor) => tf.slice(tf.grad(loss)(z), [0, i], [1, 1]).sum())(x)
          .reshape([3]),
      );
      return { h: tf.stack(rows) };
    };
    const { outputs } = await runOn(onnxEngine, hessian, { x: { shape: [1, 3], dtype: 'float32' } }, { x: logits });
    const exponentials = [...logits].map(Math.exp);
    const p = exponentials.map((e) => e / exponentials.reduce((a, b) => a + b));
    const expected = p.flatMap((a, i) => p.map((b, j) => (i === j ? a : 0) - a * b));
    expect(difference(outputs.h, Float64Array.from(expected))).toBeLessThan(1e-6);
  });
});

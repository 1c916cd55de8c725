import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { onnxEngine, tfjsCpuEngine } from '../src/index.js';
import { runOn } from './support/compare.js';

const x = Float32Array.of(-80, -40, -28, -20, -18, -14, -9, -5, -1, -1e-4, 0, 0.5, 3, 7, 9, 12, 18, 24, 40);
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

type Case = readonly [string, (x: tf.Tensor) => tf.Tensor, (value: number) => number];
const cases: readonly Case[] = [
  ['sigmoid', tf.sigmoid, sigmoid],
  ['softplus', tf.softplus, (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))],
  ['exp', tf.exp, Math.exp],
  ['log1p of exp', (v) => tf.log1p(tf.exp(v)), (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))],
  ['slope of sigmoid', tf.grad(tf.sigmoid), (v) => sigmoid(v) * sigmoid(-v)],
  ['slope of softplus', tf.grad(tf.softplus), sigmoid],
  ['slope of tanh', tf.grad(tf.tanh), (v) => 4 * sigmoid(2 * v) * sigmoid(-2 * v)],
];

describe.each([
  ['onnx', onnxEngine],
  ['tfjs-cpu', tfjsCpuEngine],
])('on %s', (_, engine) => {
  test.each(cases)('%s has its digits in the tails', async (_name, fn, oracle) => {
    const specs = { x: { shape: [x.length], dtype: 'float32' } } as const;
    const { outputs } = await runOn(engine, (inputs) => ({ y: fn(inputs.x) }), specs, { x });
    for (const [i, value] of x.entries()) {
      const expected = oracle(value);
      // Below the smallest normal number of float32 nothing is left.
      if (expected < 1.2e-38) continue;
      expect(Math.abs(outputs.y[i] / expected - 1), `at ${value}: ${outputs.y[i]} for ${expected}`).toBeLessThan(2e-6);
    }
  });

  test('the slope of a share of a softmax has its digits where the share rounds to 1', async () => {
    const logits = Float32Array.of(30, 1, 2, 0.5);
    const shares = (z: tf.Tensor, i: number) => tf.sum(tf.slice(tf.softmax(z), [0, i], [1, 1]));
    const { outputs } = await runOn(
      engine,
      ({ z }) => Object.fromEntries([0, 1, 2, 3].map((i) => [i, tf.grad((v: tf.Tensor) => shares(v, i))(z)])),
      { z: { shape: [1, 4], dtype: 'float32' } },
      { z: logits },
    );
    const e = Array.from(logits, (logit) => Math.exp(logit - 30));
    const total = e.reduce((sum, value) => sum + value, 0);
    for (const [i, own] of e.entries())
      for (const [j, other] of e.entries()) {
        const rest = e.reduce((sum, value, k) => (k === i ? sum : sum + value), 0);
        const expected = (i === j ? own * rest : -own * other) / total ** 2;
        expect(Math.abs(outputs[i][j] / expected - 1), `${i} by ${j}`).toBeLessThan(5e-6);
      }
  });
});

import type { OutputFunction } from '@attribution-bench/contract';
import { type Engine, onnxEngine, tfjsCpuEngine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { crossEntropy } from '../src/targets/cross-entropy.js';
import type { Target } from '../src/targets/target.js';
import { targets } from '../src/targets/targets.js';

/** Value, gradient by the logits and Hessian of a function of one row of logits, in float64. */
interface Oracle {
  readonly value: number;
  readonly gradient: readonly number[];
  readonly hessian: readonly (readonly number[])[];
}

/** Logits in float32, among them points whose label has 1 - p (or p, where wrong) from 1e-3 to 1e-12. */
interface Point {
  readonly logits: Float32Array;
  readonly label: number;
}

const classes = 4;
const points: Point[] = [1e-3, 1e-5, 1e-7, 1e-9, 1e-12].flatMap((rest) =>
  [0, 40, -300].flatMap((offset) =>
    // The leader is right, or wrong with the label last, or wrong with another class between.
    [2, 0, 1].map((label) => {
      const own = Math.log((1 - rest) / rest);
      const logits = Float32Array.of(0.25, -1.5, own + 0.5, -0.75).map((logit) => logit + offset);
      return { logits, label };
    }),
  ),
);

/** Shares e_j / Σ of a softmax over some classes, each with what all the others have, in float64. */
function shares(logits: ArrayLike<number>, over: readonly number[]): { p: number[]; rest: number[]; log: number } {
  const peak = Math.max(...over.map((j) => logits[j]));
  const e = over.map((j) => Math.exp(logits[j] - peak));
  const total = e.reduce((sum, value) => sum + value, 0);
  return {
    p: e.map((value) => value / total),
    rest: e.map((_, j) => e.reduce((sum, value, k) => (k === j ? sum : sum + value), 0) / total),
    log: peak + Math.log(total),
  };
}

const everyone = Array.from({ length: classes }, (_, j) => j);

function lossOracle({ logits, label }: Point): Oracle {
  const { p, rest } = shares(logits, everyone);
  return {
    value: rest[label] < 0.5 ? -Math.log1p(-rest[label]) : -Math.log(p[label]),
    gradient: everyone.map((j) => (j === label ? -rest[j] : p[j])),
    hessian: everyone.map((j) => everyone.map((k) => (j === k ? p[j] * rest[j] : -p[j] * p[k]))),
  };
}

function marginOracle({ logits, label }: Point): Oracle {
  const others = everyone.filter((j) => j !== label);
  const { p, rest, log } = shares(logits, others);
  const at = (j: number) => others.indexOf(j);
  return {
    value: logits[label] - log,
    gradient: everyone.map((j) => (j === label ? 1 : -p[at(j)])),
    hessian: everyone.map((j) =>
      everyone.map((k) => {
        if (j === label || k === label) return 0;
        return j === k ? -p[at(j)] * rest[at(j)] : p[at(j)] * p[at(k)];
      }),
    ),
  };
}

const negated = ({ value, gradient, hessian }: Oracle): Oracle => ({
  value: -value,
  gradient: gradient.map((entry) => -entry),
  hessian: hessian.map((row) => row.map((entry) => -entry)),
});

const ofClassifier =
  ({ output }: Target): OutputFunction =>
  (logits, labels) =>
    output(logits, labels, crossEntropy);

const functions: readonly [string, OutputFunction, (point: Point) => Oracle][] = [
  ['the training loss', crossEntropy, lossOracle],
  ['neg-loss', ofClassifier(targets['neg-loss']), (point) => negated(lossOracle(point))],
  ['margin', ofClassifier(targets.margin), marginOracle],
];
const engines: readonly [string, Engine][] = [
  ['onnx', onnxEngine],
  ['tfjs-cpu', tfjsCpuEngine],
];

/** Values [points], gradients [points × classes] and, row by row, Hessians [points × classes] of an output function. */
async function derivatives(engine: Engine, output: OutputFunction): Promise<Record<string, Float32Array>> {
  const shape = [points.length, classes];
  const program = await engine.program(
    ({ logits, labels }) => {
      const total = (x: tf.Tensor) => tf.sum(output(x, labels));
      const rows = everyone.map((j) => {
        const entry = (x: tf.Tensor) => tf.sum(tf.slice(tf.grad(total)(x), [0, j], [-1, 1]));
        return [`hessian${j}`, tf.grad(entry)(logits)];
      });
      return { value: output(logits, labels), gradient: tf.grad(total)(logits), ...Object.fromEntries(rows) };
    },
    { logits: { shape, dtype: 'float32' }, labels: { shape, dtype: 'float32' } },
  );
  const results = await program.run({
    logits: Float32Array.from(points.flatMap(({ logits }) => [...logits])),
    labels: Float32Array.from(points.flatMap(({ label }) => everyone.map((j) => (j === label ? 1 : 0)))),
  });
  const copies = Object.fromEntries(Object.entries(results).map(([name, data]) => [name, Float32Array.from(data)]));
  await program.release();
  return copies;
}

/** Expects every entry, however small, to have five digits. */
function expectDigits(found: ArrayLike<number>, expected: readonly number[], about: string): void {
  for (const [j, value] of expected.entries())
    expect(Math.abs(found[j] - value), `${about}, entry ${j}: ${found[j]} for ${value}`).toBeLessThanOrEqual(
      1e-5 * Math.abs(value),
    );
}

describe.each(engines)('on %s, at points with 1 - p from 1e-3 to 1e-12, right and wrong', (_, engine) => {
  test.each(functions)('%s and its first and second derivatives have the digits of float64', async (_, fn, oracle) => {
    const { value, gradient, ...hessian } = await derivatives(engine, fn);
    for (const [i, point] of points.entries()) {
      const expected = oracle(point);
      const about = `point ${i} [${point.logits}] of label ${point.label}`;
      const row = (data: Float32Array) => data.subarray(i * classes, (i + 1) * classes);
      expectDigits(value.subarray(i, i + 1), [expected.value], about);
      expectDigits(row(gradient), expected.gradient, `${about}, gradient`);
      for (const j of everyone)
        expectDigits(row(hessian[`hessian${j}`]), expected.hessian[j], `${about}, Hessian ${j}`);
    }
  });
});

test.each(engines)('on %s, losses stay finite where float32 has nothing left of 1 - p or p', async (_, engine) => {
  const program = await engine.program(
    ({ x, y }) => ({ loss: crossEntropy(x, y), slope: tf.grad((z: tf.Tensor) => tf.sum(crossEntropy(z, y)))(x) }),
    { x: { shape: [2, 3], dtype: 'float32' }, y: { shape: [2, 3], dtype: 'float32' } },
  );
  const { loss, slope } = await program.run({
    x: Float32Array.of(500, 0, 1, 500, 0, 1),
    y: Float32Array.of(1, 0, 0, 0, 0, 1),
  });
  expect([...loss]).toEqual([0, 499]);
  expect([...slope].map((value) => value + 0)).toEqual([0, 0, 0, 1, 0, -1]);
  await program.release();
});

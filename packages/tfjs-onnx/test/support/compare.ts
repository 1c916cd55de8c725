import { type DType, type NumericArray, Rng, sizeOf } from '@attribution-bench/contract';
import type { TensorSpecs } from '@attribution-bench/onnx';
import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { type Engine, onnxEngine, type TensorFunction, type Tensors, tfjsCpuEngine } from '../../src/index.js';

/** One input of a case: its shape and how its numbers are drawn. */
export interface Operand {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  readonly low?: number;
  readonly high?: number;
}

export interface KernelCase {
  readonly name: string;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly fn: (inputs: Tensors) => Tensor | Tensor[];
  /** Largest difference allowed, relative to the larger of 1 and the value. */
  readonly tolerance?: number;
}

export const float = (shape: readonly number[], low = -2, high = 2): Operand => ({ shape, low, high });
export const int = (shape: readonly number[], low = -5, high = 5): Operand => ({ shape, dtype: 'int32', low, high });

export function specsOf(operands: KernelCase['operands']): TensorSpecs {
  return Object.fromEntries(
    Object.entries(operands).map(([name, { shape, dtype = 'float32' }]) => [name, { shape, dtype }]),
  );
}

export function drawFeeds(operands: KernelCase['operands'], seed = 1): Record<string, NumericArray> {
  const rng = new Rng([seed, 2, 3, 4]);
  return Object.fromEntries(
    Object.entries(operands).map(([name, { shape, dtype = 'float32', low = -2, high = 2 }]) => {
      const size = sizeOf(shape);
      if (dtype === 'float32')
        return [name, Float32Array.from({ length: size }, () => low + (high - low) * rng.uniform())];
      const whole = () => low + rng.below(high - low + 1);
      return [
        name,
        dtype === 'int32' ? Int32Array.from({ length: size }, whole) : Uint8Array.from({ length: size }, whole),
      ];
    }),
  );
}

/** Runs a function once on an engine. */
export async function runOn(
  engine: Engine,
  fn: TensorFunction,
  specs: TensorSpecs,
  feeds: Record<string, NumericArray>,
): Promise<{ outputs: Record<string, NumericArray>; specs: TensorSpecs }> {
  const program = await engine.program(fn, specs);
  try {
    return {
      outputs: await program.run(feeds),
      get specs() {
        return program.outputs;
      },
    };
  } finally {
    await program.release();
  }
}

export function named(result: Tensor | Tensor[]): Tensors {
  return Object.fromEntries((Array.isArray(result) ? result : [result]).map((tensor, i) => [`y${i}`, tensor]));
}

/** The greatest difference, relative to the larger of 1 and the expected value; Infinity where only one is NaN. */
export function difference(actual: NumericArray, expected: NumericArray): number {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst;
}

/** The compiled function gives what a reference engine gives. */
export function expectSameAs(
  reference: Engine,
  fn: TensorFunction,
  operands: KernelCase['operands'],
  tolerance: number,
): Promise<void> {
  return expectSame(onnxEngine, reference, fn, operands, tolerance);
}

/** An engine gives what another gives. */
export async function expectSame(
  engine: Engine,
  reference: Engine,
  fn: TensorFunction,
  operands: KernelCase['operands'],
  tolerance: number,
): Promise<void> {
  const specs = specsOf(operands);
  const feeds = drawFeeds(operands);
  const actual = await runOn(engine, fn, specs, feeds);
  const expected = await runOn(reference, fn, specs, feeds);
  expect(Object.keys(actual.outputs)).toEqual(Object.keys(expected.outputs));
  for (const [name, array] of Object.entries(expected.outputs)) {
    const size = sizeOf(actual.specs[name].shape);
    expect(array.length).toBe(size);
    expect(difference(actual.outputs[name], array)).toBeLessThanOrEqual(tolerance);
  }
}

export function expectSameAsCpu(
  fn: TensorFunction,
  operands: KernelCase['operands'],
  tolerance: number,
): Promise<void> {
  return expectSameAs(tfjsCpuEngine, fn, operands, tolerance);
}

/** Σ w · fn over all results, with fixed weights that differ from element to element. */
export function weightedSum(result: Tensor | Tensor[]): tf.Scalar {
  const tensors = Array.isArray(result) ? result : [result];
  return tensors
    .map((tensor) => {
      const weights = Float32Array.from({ length: tensor.size }, (_, i) => Math.sin(1 + i * 1.7) + 0.3);
      return tf.sum(tf.mul(tf.cast(tensor, 'float32'), tf.tensor(weights, tensor.shape)));
    })
    .reduce((a, b) => tf.add(a, b)) as tf.Scalar;
}

export function floatInputs(operands: KernelCase['operands']): string[] {
  return Object.keys(operands).filter((name) => (operands[name].dtype ?? 'float32') === 'float32');
}

/** The gradients of {@link weightedSum} with respect to all float inputs. */
export function gradientOf({ fn, operands }: KernelCase): TensorFunction {
  const names = floatInputs(operands);
  return (inputs) => {
    const gradients = tf.grads((...given: Tensor[]) =>
      weightedSum(fn({ ...inputs, ...Object.fromEntries(names.map((name, i) => [name, given[i]])) })),
    )(names.map((name) => inputs[name]));
    return Object.fromEntries(names.map((name, i) => [name, gradients[i]]));
  };
}

import { BenchError, type DType } from '@attribution-bench/contract';
import type { TensorSpec, TensorSpecs } from '@attribution-bench/onnx';
import type { Tensor } from '@tensorflow/tfjs';

export type Tensors = Record<string, Tensor>;

/** A function of named tensors, written with TensorFlow.js; gradients (`tf.grads` and its like) included. */
export type TensorFunction = (inputs: Tensors) => Tensors;

/** The inputs of a scan. */
export interface ScanSpec {
  /** What a step hands to the next: parameters, optimiser state. Fed with its state before the first step. */
  readonly carry: TensorSpecs;
  /** The shape of ONE step's slice; fed as [steps, ...shape]. */
  readonly each: TensorSpecs;
  /** What every step sees unchanged: the dataset. */
  readonly shared: TensorSpecs;
}

/** What a step gives: the carried tensors after it, all of them with the shapes they came in, and what to emit. */
export interface StepResult {
  readonly carry: Tensors;
  readonly emit?: Tensors;
}

export type ScanBody = (step: { carry: Tensors; each: Tensors; shared: Tensors }) => StepResult;

/** Throws a BenchError unless every input has a shape and an element type that TensorFlow.js can have. */
export function checkInputs(inputs: TensorSpecs, kind: string): void {
  for (const [name, { shape, dtype }] of Object.entries(inputs)) {
    if (dtype === 'float64')
      throw new BenchError({
        code: 'COMPILE_DTYPE',
        message: `${kind} "${name}" is float64, which TensorFlow.js does not have`,
        next: 'use float32',
      });
    if (shape.some((size) => !Number.isInteger(size) || size < 0))
      throw new BenchError({
        code: 'COMPILE_SHAPE',
        message: `${kind} "${name}" has shape [${shape.join(', ')}]; compiled functions need every size`,
      });
  }
}

/** Throws a BenchError unless the inputs of a scan can be told apart and say how many steps there are. */
export function checkScan(spec: ScanSpec): void {
  if (Object.keys(spec.each).length === 0)
    throw new BenchError({
      code: 'SCAN_EMPTY',
      message: 'a scan needs at least one input in `each`: it says how many steps there are',
    });
  const seen = new Set<string>();
  for (const name of [spec.carry, spec.each, spec.shared].flatMap(Object.keys)) {
    if (seen.has(name))
      throw new BenchError({ code: 'SCAN_NAMES', message: `two inputs of the scan are called "${name}"` });
    seen.add(name);
  }
  for (const kind of ['carry', 'each', 'shared'] as const) checkInputs(spec[kind], kind);
}

/** Throws a BenchError when a function, named by `source`, gives something that is no tensor. */
export function checkOutputs(outputs: Tensors, source: string): void {
  for (const [name, tensor] of Object.entries(outputs))
    if (!isTensor(tensor))
      throw new BenchError({ code: 'COMPILE_OUTPUT', message: `${source} returned no tensor as "${name}"` });
}

function isTensor(tensor: unknown): tensor is Tensor {
  return typeof tensor === 'object' && tensor !== null && 'dataId' in tensor;
}

/** Throws a BenchError unless a step carries what it was given, in the shapes it was given, and emits under other names. */
export function checkStep({ carry: before }: ScanSpec, { carry, emit = {} }: StepResult): void {
  checkOutputs(carry, 'the step');
  checkOutputs(emit, 'the step');
  for (const name of Object.keys(carry))
    if (!Object.hasOwn(before, name))
      throw new BenchError({ code: 'SCAN_CARRY', message: `the step carries "${name}", which is not in \`carry\`` });
  for (const [name, spec] of Object.entries(before)) {
    if (!Object.hasOwn(carry, name))
      throw new BenchError({ code: 'SCAN_CARRY', message: `the step does not return the carried "${name}"` });
    const after = specOf(carry[name], spec);
    if (after.dtype !== spec.dtype || String(after.shape) !== String(spec.shape))
      throw new BenchError({
        code: 'SCAN_CARRY',
        message: `the step takes "${name}" as ${describe(spec)} and returns it as ${describe(after)}`,
      });
  }
  for (const name of Object.keys(emit))
    if (Object.hasOwn(before, name))
      throw new BenchError({ code: 'SCAN_NAMES', message: `"${name}" is both carried and emitted` });
}

/**
 * Shape and element type in which a program gives a tensor: truth values as bytes, and so all that is carried as bytes.
 * @param before what the tensor was when it was carried into the step
 */
export function specOf({ shape, dtype }: Tensor, before?: TensorSpec): TensorSpec {
  const given: DType = dtype === 'bool' ? 'uint8' : dtype === 'float32' ? 'float32' : 'int32';
  return { shape, dtype: before?.dtype === 'uint8' ? 'uint8' : given };
}

function describe({ shape, dtype }: TensorSpec): string {
  return `${dtype} [${shape.join(', ')}]`;
}

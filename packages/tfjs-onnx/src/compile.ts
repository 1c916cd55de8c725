import { BenchError } from '@attribution-bench/contract';
import type { Tensor } from '@tensorflow/tfjs';
import type { Value } from './graph-builder.js';
import { cast } from './operators.js';
import { located, type Recorder, record, type Tensors } from './recording.js';
import { buildGraph, type Graph, type TensorSpecs } from './runtime.js';
import { type Named, writeGraph, writeScan } from './write-graph.js';

export type { Tensors } from './recording.js';

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

/** One step: the carried tensors after it, all of them with the shapes they came in, and what to emit. */
export type ScanBody = (step: { carry: Tensors; each: Tensors; shared: Tensors }) => {
  carry: Tensors;
  emit?: Tensors;
};

/**
 * Compiles a TensorFlow.js function to an ONNX graph by running it once with recording tensors. Inputs have fixed
 * shapes; uint8 ones are int32 tensors to the function. Tensors it captures from outside become constants.
 * Throws a BenchError that names the operation and the place in the user's code when something cannot be compiled.
 */
export function compile(fn: TensorFunction, inputs: TensorSpecs): Graph {
  return recorded((recorder) => {
    const given = declare(recorder, inputs, 'input', false);
    const outputs = collect(recorder, fn(tensorsOf(recorder, given)), 'the function');
    return buildNamed(
      writeGraph(recorder.g, given, outputs),
      given.map(({ name }) => name),
      outputs,
    );
  });
}

/**
 * Compiles a step of a loop to a graph that runs all steps in one call (ONNX Scan). Feeds: carried and shared inputs by
 * name, `each` as [steps, ...slice]; the number of steps is free. Outputs: the final carried tensors by name and what
 * was emitted, stacked [steps, ...shape]. Throws a BenchError like {@link compile}, and when the step changes the
 * shape or dtype of what it carries.
 */
export function compileScan(body: ScanBody, spec: ScanSpec): Graph {
  return recorded((recorder) => {
    if (Object.keys(spec.each).length === 0)
      throw new BenchError({
        code: 'SCAN_EMPTY',
        message: 'a scan needs at least one input in `each`: it says how many steps there are',
      });
    checkDistinct(spec);
    const carryIn = declare(recorder, spec.carry, 'carry', true);
    const each = declare(recorder, spec.each, 'each', true);
    const shared = declare(recorder, spec.shared, 'shared', false);
    const result = body({
      carry: tensorsOf(recorder, carryIn),
      each: tensorsOf(recorder, each),
      shared: tensorsOf(recorder, shared),
    });
    const carryOut = carriedValues(recorder, carryIn, result.carry);
    const emit = collect(recorder, result.emit ?? {}, 'the step');
    for (const { name } of emit)
      if (Object.hasOwn(spec.carry, name))
        throw new BenchError({ code: 'SCAN_NAMES', message: `"${name}" is both carried and emitted` });
    const graph = buildNamed(
      writeScan(recorder.g, { carryIn, carryOut, each, emit, shared }),
      [...carryIn, ...each, ...shared].map(({ name }) => name),
      [...carryOut, ...emit],
    );
    return { ...graph, stepwise: Object.keys(spec.each) };
  });
}

function recorded<T>(action: (recorder: Recorder) => T): T {
  return record((recorder) => {
    try {
      return action(recorder);
    } catch (error) {
      throw located(error);
    }
  });
}

/** The graph with outputs under the names the user gave them. */
function buildNamed(
  onnx: Parameters<typeof buildGraph>[0],
  inputs: readonly string[],
  outputs: readonly Named[],
): Graph {
  const graph = buildGraph(onnx);
  const specs = Object.values(graph.outputs);
  return {
    onnx: graph.onnx,
    inputs: Object.fromEntries(inputs.map((name) => [name, graph.inputs[name]])),
    outputs: Object.fromEntries(outputs.map(({ name }, i) => [name, specs[i]])),
  };
}

function checkDistinct(spec: ScanSpec): void {
  const seen = new Set<string>();
  for (const name of [spec.carry, spec.each, spec.shared].flatMap(Object.keys)) {
    if (seen.has(name))
      throw new BenchError({ code: 'SCAN_NAMES', message: `two inputs of the scan are called "${name}"` });
    seen.add(name);
  }
}

function declare({ g }: Recorder, specs: TensorSpecs, kind: string, inLoop: boolean): Named[] {
  return Object.entries(specs).map(([name, { shape, dtype }]) => {
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
    return { name, value: g.input(name, dtype, shape, inLoop) };
  });
}

function tensorsOf(recorder: Recorder, named: readonly Named[]): Tensors {
  return Object.fromEntries(named.map(({ name, value }) => [name, recorder.tensor(value)]));
}

/** Values of named tensors, in types a program can give: truth values become bytes. */
function collect({ g, value }: Recorder, tensors: Tensors, where: string): Named[] {
  return Object.entries(tensors).map(([name, tensor]) => {
    if (!isTensor(tensor))
      throw new BenchError({ code: 'COMPILE_OUTPUT', message: `${where} returned no tensor as "${name}"` });
    const result = value(tensor);
    return { name, value: result.type === 'bool' ? cast(g, result, 'uint8') : result };
  });
}

function isTensor(tensor: unknown): tensor is Tensor {
  return typeof tensor === 'object' && tensor !== null && 'dataId' in tensor;
}

function carriedValues(recorder: Recorder, carryIn: readonly Named[], carried: Tensors): Named[] {
  const values = new Map(collect(recorder, carried, 'the step').map(({ name, value }) => [name, value]));
  for (const name of values.keys())
    if (!carryIn.some((input) => input.name === name))
      throw new BenchError({ code: 'SCAN_CARRY', message: `the step carries "${name}", which is not in \`carry\`` });
  return carryIn.map(({ name, value: before }) => {
    const after = values.get(name);
    if (after === undefined)
      throw new BenchError({ code: 'SCAN_CARRY', message: `the step does not return the carried "${name}"` });
    const stored = before.type === 'uint8' && after.type !== 'uint8' ? cast(recorder.g, after, 'uint8') : after;
    if (stored.type !== before.type || String(stored.shape) !== String(before.shape))
      throw new BenchError({
        code: 'SCAN_CARRY',
        message: `the step takes "${name}" as ${describe(before)} and returns it as ${describe(stored)}`,
      });
    return { name, value: stored };
  });
}

function describe({ type, shape }: Value): string {
  return `${type} [${shape.join(', ')}]`;
}

import { buildGraph, type Graph, type TensorSpecs } from '@attribution-bench/onnx';
import { located } from '../call-site.js';
import {
  checkInputs,
  checkOutputs,
  checkScan,
  checkStep,
  type ScanBody,
  type ScanSpec,
  type TensorFunction,
  type Tensors,
} from '../functions.js';
import { cast } from '../graph/operators.js';
import { type Rewriting, type WrittenGraph, writeGraph, writeScan } from '../graph/write-graph.js';
import type { Named } from '../graph/write-scope.js';
import { type Recorder, record } from './recording.js';

/** What a graph may be written for. */
export interface Processor {
  /** See {@link channelBlock} of the package onnx; 1, the default, is a graph that runs everywhere. */
  readonly channelBlock: number;
  /** What is done to the graph of a function before it is written; by default what makes it fast on a processor. */
  readonly rewriting?: Rewriting;
}

const anyProcessor: Processor = { channelBlock: 1 };

/**
 * Compiles a TensorFlow.js function to an ONNX graph by running it once with recording tensors. Inputs have fixed
 * shapes; uint8 ones are int32 tensors to the function. Tensors it captures from outside become constants.
 * Throws a BenchError that names the operation and the place in the user's code when something cannot be compiled.
 */
export function compile(fn: TensorFunction, inputs: TensorSpecs, processor: Processor = anyProcessor): Graph {
  const { graph, outputs } = recordGraph(fn, inputs, processor);
  return buildNamed(graph, Object.keys(inputs), outputs);
}

/** The ONNX graph of a function, see {@link compile}, and its outputs in the order of the graph's. */
export function recordGraph(
  fn: TensorFunction,
  inputs: TensorSpecs,
  processor: Processor = anyProcessor,
): { readonly graph: WrittenGraph; readonly outputs: readonly Named[] } {
  checkInputs(inputs, 'input');
  return recorded(processor, (recorder) => {
    const given = declare(recorder, inputs, false);
    const results = fn(tensorsOf(recorder, given));
    checkOutputs(results, 'the function');
    const outputs = collect(recorder, results);
    return { graph: writeGraph(recorder.g, given, outputs, processor.rewriting), outputs };
  });
}

/**
 * Compiles a step of a loop to a graph that runs all steps in one call (ONNX Scan). Feeds: carried and shared inputs by
 * name, `each` as [steps, ...slice]; the number of steps is free. Outputs: the final carried tensors by name and what
 * was emitted, stacked [steps, ...shape]. Throws a BenchError like {@link compile}, and when the step changes the
 * shape or dtype of what it carries.
 */
export function compileScan(body: ScanBody, spec: ScanSpec, processor: Processor = anyProcessor): Graph {
  checkScan(spec);
  return recorded(processor, (recorder) => {
    const carryIn = declare(recorder, spec.carry, true);
    const each = declare(recorder, spec.each, true);
    const shared = declare(recorder, spec.shared, false);
    const result = body({
      carry: tensorsOf(recorder, carryIn),
      each: tensorsOf(recorder, each),
      shared: tensorsOf(recorder, shared),
    });
    checkStep(spec, result);
    const carryOut = carriedValues(recorder, carryIn, result.carry);
    const emit = collect(recorder, result.emit ?? {});
    const graph = buildNamed(
      writeScan(recorder.g, { carryIn, carryOut, each, emit, shared }, processor.rewriting),
      [...carryIn, ...each, ...shared].map(({ name }) => name),
      [...carryOut, ...emit],
    );
    return { ...graph, stepwise: Object.keys(spec.each) };
  });
}

function recorded<T>({ channelBlock }: Processor, action: (recorder: Recorder) => T): T {
  return record(channelBlock, (recorder) => {
    try {
      return action(recorder);
    } catch (error) {
      throw located(error);
    }
  });
}

/** The graph with outputs under the names the user gave them. */
function buildNamed(onnx: WrittenGraph, inputs: readonly string[], outputs: readonly Named[]): Graph {
  const graph = buildGraph(onnx);
  const specs = Object.values(graph.outputs);
  return {
    onnx: graph.onnx,
    inputs: Object.fromEntries(inputs.map((name) => [name, graph.inputs[name]])),
    outputs: Object.fromEntries(outputs.map(({ name }, i) => [name, specs[i]])),
    divisible: onnx.divisible,
  };
}

function declare({ g }: Recorder, specs: TensorSpecs, inLoop: boolean): Named[] {
  return Object.entries(specs).map(([name, { shape, dtype }]) => ({
    name,
    value: g.input(name, dtype, shape, inLoop),
  }));
}

function tensorsOf(recorder: Recorder, named: readonly Named[]): Tensors {
  return Object.fromEntries(named.map(({ name, value }) => [name, recorder.tensor(value)]));
}

/** Values of named tensors, in types a program can give: truth values become bytes. */
function collect({ g, value }: Recorder, tensors: Tensors): Named[] {
  return Object.entries(tensors).map(([name, tensor]) => {
    const result = value(tensor);
    return { name, value: result.type === 'bool' ? cast(g, result, 'uint8') : result };
  });
}

/** Values of the carried tensors, in the order and the element types in which they came in. */
function carriedValues(recorder: Recorder, carryIn: readonly Named[], carried: Tensors): Named[] {
  const inOrder = Object.fromEntries(carryIn.map(({ name }) => [name, carried[name]]));
  return collect(recorder, inOrder).map(({ name, value }, i) => {
    const { type } = carryIn[i].value;
    return { name, value: value.type === type ? value : cast(recorder.g, value, type) };
  });
}

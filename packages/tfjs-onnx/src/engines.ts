import { type NumericArray, sizeOf } from '@attribution-bench/contract';
import type { DataType, Tensor } from '@tensorflow/tfjs';
import { compile, compileScan, type ScanBody, type ScanSpec, type TensorFunction, type Tensors } from './compile.js';
import { located } from './recording.js';
import { checkFeeds, type Graph, openGraph, type Program, type TensorSpec, type TensorSpecs } from './runtime.js';
import { tf } from './tensorflow.js';
import { tfjsNodeStatus } from './tfjs-node.js';

/** Runs TensorFlow.js functions. The same function gives the same numbers on every engine, up to rounding. */
export interface Engine {
  /** Part of the identity of results: `onnx`, `tfjs-node`, `tfjs-cpu`. */
  readonly id: string;
  program(fn: TensorFunction, inputs: TensorSpecs): Promise<Program>;
  /** Feeds and outputs as {@link compileScan} says. */
  scan(body: ScanBody, spec: ScanSpec): Promise<Program>;
}

/** Compiles to ONNX and runs ONNX Runtime: the engine of choice. */
export const onnxEngine: Engine = {
  id: 'onnx',
  program: async (fn, inputs) => openGraph(compile(fn, inputs)),
  scan: async (body, spec) => openGraph(compileScan(body, spec)),
};

/** Eager TensorFlow.js: on the native library where @tensorflow/tfjs-node is installed, in pure JavaScript otherwise. */
export async function tfjsEngine(): Promise<Engine> {
  const { available } = await tfjsNodeStatus();
  return available ? eagerEngine('tfjs-node', 'tensorflow') : tfjsCpuEngine;
}

/** Eager TensorFlow.js in pure JavaScript: slow, and the reference that compiled programs are tested against. */
export const tfjsCpuEngine: Engine = eagerEngine('tfjs-cpu', 'cpu');

function eagerEngine(id: string, backend: string): Engine {
  return {
    id,
    async program(fn, inputs) {
      return eagerProgram(compile(fn, inputs), backend, (feeds, outputs) => {
        const results = tf.tidy(() => clones(fn(feeds)));
        const arrays = Object.fromEntries(
          Object.entries(outputs).map(([name, spec]) => [name, arrayOf(results[name], spec)]),
        );
        tf.dispose(results);
        return arrays;
      });
    },
    async scan(body, spec) {
      return eagerProgram(compileScan(body, spec), backend, (feeds, outputs) => runScan(body, spec, feeds, outputs));
    },
  };
}

/** A program that runs `compute` on tensors of its feeds; the graph only says what goes in and out. */
function eagerProgram(
  graph: Graph,
  backend: string,
  compute: (feeds: Tensors, outputs: TensorSpecs) => Record<string, NumericArray>,
): Program {
  const { inputs, outputs } = graph;
  return {
    inputs,
    outputs,
    async run(feeds) {
      const before = tf.engine().backendName ?? backend;
      const arrays = checkFeeds(graph, feeds);
      void tf.setBackend(backend);
      try {
        const tensors = Object.fromEntries(
          Object.entries(arrays).map(([name, { data, shape }]) => [name, tensorOf(data, shape)]),
        );
        const results = compute(tensors, outputs);
        tf.dispose(tensors);
        return results;
      } catch (error) {
        throw located(error);
      } finally {
        void tf.setBackend(before);
      }
    },
    async release() {},
  };
}

function runScan(body: ScanBody, spec: ScanSpec, feeds: Tensors, outputs: TensorSpecs): Record<string, NumericArray> {
  const pick = (specs: TensorSpecs): Tensors =>
    Object.fromEntries(Object.keys(specs).map((name) => [name, feeds[name]]));
  const each = pick(spec.each);
  const shared = pick(spec.shared);
  const steps = Object.values(each)[0].shape[0];
  const emitted: Record<string, NumericArray> = {};
  for (const [name, output] of Object.entries(outputs))
    if (!Object.hasOwn(spec.carry, name)) emitted[name] = emptyArray(output, steps * sizeOf(output.shape.slice(1)));

  let carry = clones(pick(spec.carry));
  for (let step = 0; step < steps; step++) {
    const result = tf.tidy(() => {
      const slices = Object.fromEntries(
        Object.entries(each).map(([name, stack]) => [
          name,
          tf.reshape(tf.slice(stack, [step], [1]), stack.shape.slice(1)),
        ]),
      );
      const { carry: next, emit = {} } = body({ carry, each: slices, shared });
      return { carry: clones(next), emit: clones(emit) };
    });
    for (const [name, stack] of Object.entries(emitted)) {
      const slice = arrayOf(result.emit[name], outputs[name]);
      stack.set(slice, step * slice.length);
    }
    tf.dispose([carry, result.emit]);
    carry = result.carry;
  }
  const final = Object.keys(spec.carry).map((name): [string, NumericArray] => [
    name,
    arrayOf(carry[name], outputs[name]),
  ]);
  tf.dispose(carry);
  return { ...Object.fromEntries(final), ...emitted };
}

/** Tensors that can be disposed without taking away ones that the user still holds. */
function clones(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.clone()]));
}

function tensorOf(data: NumericArray, shape: readonly number[]): Tensor {
  const dtype: DataType = data instanceof Float32Array ? 'float32' : 'int32';
  return tf.tensor(data instanceof Uint8Array ? Int32Array.from(data) : (data as Float32Array), [...shape], dtype);
}

function emptyArray({ dtype }: TensorSpec, size: number): NumericArray {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The numbers of a tensor, in an array of their own. */
function arrayOf(tensor: Tensor, spec: TensorSpec): NumericArray {
  const data = tensor.dataSync<'float32'>();
  const array = emptyArray(spec, data.length);
  array.set(data);
  return array;
}

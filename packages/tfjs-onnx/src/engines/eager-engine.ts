import { type NdArray, type NumericArray, sizeOf } from '@attribution-bench/contract';
import { checkFeeds, type FeedSpecs, type Program, type TensorSpec, type TensorSpecs } from '@attribution-bench/onnx';
import type { DataType, Tensor } from '@tensorflow/tfjs';
import { located } from '../call-site.js';
import {
  checkInputs,
  checkOutputs,
  checkScan,
  checkStep,
  type ScanBody,
  type ScanSpec,
  type StepResult,
  specOf,
  type Tensors,
} from '../functions.js';
import { tf } from '../tensorflow.js';
import type { Engine } from './engine.js';
import { tfjsNodeStatus } from './tfjs-node.js';

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
      checkInputs(inputs, 'input');
      const call = (feeds: Tensors): Tensors => {
        const results = fn(feeds);
        checkOutputs(results, 'the function');
        return results;
      };
      return eagerProgram(
        backend,
        { inputs },
        {
          compute: (feeds) => mapValues(call(feeds), (tensor) => arrayOf(tensor)),
          outputsOf: (feeds) => mapValues(call(feeds), (tensor) => specOf(tensor)),
        },
      );
    },
    async scan(body, spec) {
      checkScan(spec);
      const { carry, each, shared } = spec;
      const inputs = { ...carry, ...mapValues(each, stackOf), ...shared };
      return eagerProgram(
        backend,
        { inputs, stepwise: Object.keys(each) },
        {
          compute: (feeds) => runScan(body, spec, feeds),
          outputsOf(feeds) {
            const { emit } = runStep(body, spec, feeds, pick(feeds, carry), 0);
            return { ...carry, ...mapValues(emit, (tensor) => stackOf(specOf(tensor))) };
          },
        },
      );
    },
  };
}

/** What an eager program does with tensors of its feeds. */
interface Computation {
  readonly compute: (feeds: Tensors) => Record<string, NumericArray>;
  /** Shapes and types of the outputs, found by computing them once from any feeds. */
  readonly outputsOf: (feeds: Tensors) => TensorSpecs;
}

/** Tensors that it makes on the way are freed. */
function eagerProgram(backend: string, specs: FeedSpecs, { compute, outputsOf }: Computation): Program {
  let outputs: TensorSpecs | undefined;
  return {
    inputs: specs.inputs,
    get outputs() {
      outputs ??= onBackend(backend, mapValues(specs.inputs, zeros), outputsOf);
      return outputs;
    },
    async run(feeds) {
      return onBackend(backend, checkFeeds(specs, feeds), compute);
    },
    async release() {},
  };
}

/** Runs with tensors of the arrays, on a backend of TensorFlow.js that is in use only as long. */
function onBackend<T>(backend: string, arrays: Readonly<Record<string, NdArray>>, action: (tensors: Tensors) => T): T {
  const before = tf.engine().backendName ?? backend;
  void tf.setBackend(backend);
  try {
    return tidied(() => action(mapValues(arrays, tensorOf)));
  } catch (error) {
    throw located(error);
  } finally {
    void tf.setBackend(before);
  }
}

/** What `action` gives, which holds no tensors; those it made are freed. */
function tidied<T>(action: () => T): T {
  const results: T[] = [];
  tf.tidy(() => void results.push(action()));
  return results[0];
}

function runScan(body: ScanBody, spec: ScanSpec, feeds: Tensors): Record<string, NumericArray> {
  const steps = feeds[Object.keys(spec.each)[0]].shape[0];
  const emitted: Record<string, NumericArray> = {};
  let carry = mapValues(pick(feeds, spec.carry), (tensor) => tensor.clone());
  for (let step = 0; step < steps; step++) {
    const next = tf.tidy(() => runStep(body, spec, feeds, carry, step));
    for (const [name, tensor] of Object.entries(next.emit)) {
      const slice = arrayOf(tensor);
      emitted[name] ??= emptyArray(specOf(tensor), steps * slice.length);
      emitted[name].set(slice, step * slice.length);
    }
    tf.dispose([carry, next.emit]);
    carry = next.carry;
  }
  const final = Object.keys(spec.carry).map((name) => [name, arrayOf(carry[name], spec.carry[name])]);
  tf.dispose(carry);
  return { ...Object.fromEntries(final), ...emitted };
}

/** One step of a scan. What it gives can be disposed without taking away tensors that the user still holds. */
function runStep(body: ScanBody, spec: ScanSpec, feeds: Tensors, carry: Tensors, step: number): Required<StepResult> {
  const each = mapValues(pick(feeds, spec.each), (stack) =>
    tf.reshape(tf.slice(stack, [step], [1]), stack.shape.slice(1)),
  );
  const result = body({ carry, each, shared: pick(feeds, spec.shared) });
  checkStep(spec, result);
  return {
    carry: mapValues(result.carry, (tensor, name) =>
      spec.carry[name].dtype === 'uint8' ? tf.cast(tensor, 'int32') : tensor.clone(),
    ),
    emit: mapValues(result.emit ?? {}, (tensor) => tensor.clone()),
  };
}

function pick(tensors: Tensors, specs: TensorSpecs): Tensors {
  return mapValues(specs, (_, name) => tensors[name]);
}

function stackOf({ shape, dtype }: TensorSpec): TensorSpec {
  return { shape: [-1, ...shape], dtype };
}

/** Zeros in the shape of an input, one of each open size. */
function zeros({ shape, dtype }: TensorSpec): NdArray {
  const sizes = shape.map((size) => Math.abs(size));
  return { shape: sizes, data: emptyArray({ shape: sizes, dtype }, sizeOf(sizes)) };
}

function tensorOf({ data, shape }: NdArray): Tensor {
  const dtype: DataType = data instanceof Float32Array ? 'float32' : 'int32';
  return tf.tensor(data instanceof Uint8Array ? Int32Array.from(data) : (data as Float32Array), [...shape], dtype);
}

function emptyArray({ dtype }: TensorSpec, size: number): NumericArray {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The numbers of a tensor, in an array of their own. */
function arrayOf(tensor: Tensor, spec = specOf(tensor)): NumericArray {
  const data = tensor.dataSync<'float32'>();
  const array = emptyArray(spec, data.length);
  array.set(data);
  return array;
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}

import { BenchError, sizeOf } from '@attribution-bench/contract';
import type { OnnxType } from '@attribution-bench/onnx';
import type { DataId, DataType, KernelConfig, TensorInfo } from '@tensorflow/tfjs';
import { placeOf, withDeepStacks } from '../call-site.js';
import { constantData, createGraphBuilder, type GraphBuilder, isConstant, type Value } from '../graph/graph-builder.js';
import { cast } from '../graph/operators.js';
import { kernels } from '../kernels/index.js';
import type { Lowering } from '../kernels/lowering.js';
import { typeOf } from '../kernels/shape.js';
import { cpuBackend, tf } from '../tensorflow.js';

const backendName = 'onnx-recording';
/** Results larger than this are computed in the graph even when they are known while it is recorded. */
const foldedElements = 1 << 14;

/** A backend whose kernels append nodes to a graph instead of computing. */
class RecordingBackend extends tf.KernelBackend {
  graph: GraphBuilder | undefined;
  readonly #values = new WeakMap<DataId, Value>();
  readonly #holders = new WeakMap<DataId, number>();

  recording(): GraphBuilder {
    if (this.graph === undefined) throw new Error(`the ${backendName} backend only works inside compile`);
    return this.graph;
  }

  /** A tensor for a value of the graph. */
  wrap(value: Value): TensorInfo {
    const dataId = {};
    this.#values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: dtypeOfValue(value) };
  }

  /** The value of a tensor; one that was made outside the recording becomes a constant of the graph. */
  value({ dataId, shape, dtype }: TensorInfo): Value {
    const graph = this.recording();
    const known = this.#values.get(dataId);
    if (known !== undefined && graph.owns(known)) return withShape(known, shape);
    if (known !== undefined && !isConstant(known)) throw foreignTensor();
    const data = known === undefined ? outsideData(dataId) : constantData(known);
    const constant = graph.constant(typeOf(dtype), shape, copyAs(typeOf(dtype), data));
    if (known === undefined) this.#values.set(dataId, constant);
    return constant;
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    const type = typeOf(dtype);
    this.#values.set(dataId, this.recording().constant(type, shape, copyAs(type, values as ArrayLike<number>)));
    return dataId;
  }

  override move(dataId: DataId, values: tf.backend_util.BackendValues, shape: number[], dtype: DataType): void {
    const type = typeOf(dtype);
    this.#values.set(dataId, this.recording().constant(type, shape, copyAs(type, values as ArrayLike<number>)));
  }

  override readSync(dataId: DataId): Float32Array | Int32Array | Uint8Array {
    const value = this.#values.get(dataId);
    if (value !== undefined && isConstant(value)) return constantData(value) as Float32Array;
    throw new BenchError({
      code: 'COMPILE_READ',
      message: 'the numbers of a tensor were read inside a compiled function, where there are none yet',
      next: 'keep to TensorFlow.js operations: no data(), dataSync(), array(), print() and no branching on values',
      ...placeOf(new Error().stack),
    });
  }

  override async read(dataId: DataId): Promise<Float32Array | Int32Array | Uint8Array> {
    return this.readSync(dataId);
  }

  /** Variables share the data of the tensors they are made from; true once nobody holds it. */
  override disposeData(dataId: DataId): boolean {
    this.#holders.set(dataId, this.refCount(dataId) - 1);
    return this.refCount(dataId) <= 0;
  }
  override incRef(dataId: DataId): void {
    this.#holders.set(dataId, this.refCount(dataId) + 1);
  }
  override refCount(dataId: DataId): number {
    return this.#holders.get(dataId) ?? 1;
  }
  override numDataIds(): number {
    return 0;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

function withShape(value: Value, shape: readonly number[]): Value {
  if (value.shape.length !== shape.length || value.shape.some((size, axis) => size !== shape[axis]))
    throw new Error(`tensor [${shape}] stands for a value [${value.shape}]`);
  return value;
}

function dtypeOfValue(value: Value): DataType {
  return value.type === 'float32' || value.type === 'bool' ? value.type : 'int32';
}

function outsideData(dataId: DataId): ArrayLike<number> {
  const owner = (
    tf.engine().state as unknown as { tensorInfo: WeakMap<DataId, { backend: tf.KernelBackend }> }
  ).tensorInfo.get(dataId)?.backend;
  if (owner === undefined || owner === backend) throw foreignTensor();
  return owner.readSync(dataId) as Float32Array;
}

function foreignTensor(): BenchError {
  return new BenchError({
    code: 'COMPILE_FOREIGN_TENSOR',
    message: 'a tensor of another compiled function, or one already disposed, was used',
    next: 'pass it in as an input',
    ...placeOf(new Error().stack),
  });
}

function copyAs(type: OnnxType, data: ArrayLike<number | bigint>): Float32Array | Int32Array | Uint8Array {
  const numbers = data as ArrayLike<number>;
  if (type === 'float32') return Float32Array.from(numbers);
  return type === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

const backend = new RecordingBackend();
tf.registerBackend(backendName, () => backend, 0);
for (const { kernelName } of tf.getKernelsForBackend('cpu'))
  tf.registerKernel(kernelConfig(kernelName, kernels[kernelName]));
for (const kernelName of Object.keys(kernels))
  if (tf.getKernel(kernelName, backendName) === undefined)
    tf.registerKernel(kernelConfig(kernelName, kernels[kernelName]));

function kernelConfig(kernelName: string, lowering: Lowering | undefined): KernelConfig {
  return {
    kernelName,
    backendName,
    kernelFunc: ({ inputs: tensors, attrs }) => {
      const g = backend.recording();
      const stored: Record<string, Value> = {};
      for (const [name, tensor] of Object.entries(tensors)) if (tensor != null) stored[name] = backend.value(tensor);
      const folded = fold(kernelName, g, tensors, stored, attrs);
      if (folded !== undefined) return wrapAll(folded);
      if (lowering === undefined) throw unsupported(kernelName);
      const results = lowering({
        g,
        stored,
        get inputs() {
          return Object.fromEntries(
            Object.entries(stored).map(([name, value]) => [
              name,
              value.type === 'uint8' ? cast(g, value, 'int32') : value,
            ]),
          );
        },
        attributes: <T>() => attrs as T,
      });
      return wrapAll(results);
    },
  };
}

function wrapAll(results: Value | readonly Value[]): TensorInfo | TensorInfo[] {
  return 'id' in results ? backend.wrap(results) : results.map((value) => backend.wrap(value));
}

function unsupported(kernelName: string): BenchError {
  return new BenchError({
    code: 'COMPILE_UNSUPPORTED',
    message: `the TensorFlow.js operation ${kernelName} cannot be compiled`,
    next: 'write it with other operations, or add a kernel for it to packages/tfjs-onnx/src/kernels',
    ...placeOf(new Error().stack),
  });
}

/** What a kernel gives on constants, computed now by the cpu backend; undefined when it must stay in the graph. */
function fold(
  kernelName: string,
  g: GraphBuilder,
  tensors: object,
  stored: Readonly<Record<string, Value>>,
  attrs: unknown,
): Value | Value[] | undefined {
  const values = Object.entries(stored);
  if (values.length === 0 || !values.every(([, value]) => isConstant(value))) return undefined;
  const large = ({ shape }: { readonly shape: readonly number[] }) => sizeOf(shape) > foldedElements;
  if (kernels[kernelName] !== undefined && values.some(([, value]) => large(value))) return undefined;
  const config = tf.getKernel(kernelName, 'cpu');
  if (config === undefined) return undefined;
  const inputs = (Array.isArray(tensors) ? [] : {}) as Record<string, TensorInfo>;
  for (const [name, value] of values) {
    const dataId = cpuBackend.write(constantData(value) as Float32Array, [...value.shape], dtypeOfValue(value));
    inputs[name] = { dataId, shape: [...value.shape], dtype: dtypeOfValue(value) };
  }
  const made = config.kernelFunc({ inputs, attrs: attrs as tf.NamedAttrMap, backend: cpuBackend });
  const infos = Array.isArray(made) ? made : [made];
  const results =
    kernels[kernelName] !== undefined && infos.some(large)
      ? undefined
      : infos.map(({ dataId, shape, dtype }) =>
          g.constant(typeOf(dtype), shape, copyAs(typeOf(dtype), cpuBackend.readSync(dataId) as Float32Array)),
        );
  for (const { dataId } of [...Object.values(inputs), ...infos]) cpuBackend.disposeData(dataId, true);
  return Array.isArray(made) ? results : results?.[0];
}

/** What a recording function can make inputs of the graph with. */
export interface Recorder {
  readonly g: GraphBuilder;
  tensor(value: Value): tf.Tensor;
  value(tensor: tf.Tensor): Value;
}

/**
 * Runs a function with TensorFlow.js recording into a new graph. Tensors and variables it leaves behind are freed; the
 * backend that was in use before is in use afterwards.
 */
export function record<T>(channelBlock: number, action: (recorder: Recorder) => T): T {
  const engine = tf.engine();
  const before = engine.backendName ?? 'cpu';
  const variables = new Set(Object.keys(engine.state.registeredVariables));
  const outer = backend.graph;
  const g = createGraphBuilder(channelBlock);
  backend.graph = g;
  void engine.setBackend(backendName);
  try {
    return withDeepStacks(() => {
      let result: T | undefined;
      engine.tidy(() => {
        result = action({
          g,
          tensor: (value) => engine.makeTensorFromTensorInfo(backend.wrap(value), backend),
          value: (tensor) => backend.value(tensor),
        });
      });
      return result as T;
    });
  } finally {
    for (const [name, variable] of Object.entries(engine.state.registeredVariables))
      if (!variables.has(name)) engine.disposeVariable(variable);
    backend.graph = outer;
    void engine.setBackend(before);
  }
}

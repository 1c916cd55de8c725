import { BenchError, type DType, dtypeOf, type NdArray, type NumericArray, sizeOf } from '@attribution-bench/contract';
import { encodeModel, type OnnxGraph, type OnnxType } from './onnx-model.js';
import { InferenceSession, Tensor } from './onnxruntime.js';

export * from './onnx-model.js';
export * from './onnxruntime.js';

/** Shape and element type of one input or output; a size of -1 is only known when the program runs. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type TensorSpecs = Readonly<Record<string, TensorSpec>>;

/**
 * An ONNX model and what it takes and gives: plain data, fit to be stored or sent to a worker. `outputs` are in the
 * order of the model's own, whose names may differ (an input and an output may share a name here, not in ONNX).
 */
export interface Graph {
  readonly onnx: Uint8Array;
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
  /** Inputs of a scan that are fed step by step: their leading sizes must agree. */
  readonly stepwise?: readonly string[];
}

/** Data for one input, row-major; an NdArray where more than one size of the input is open. */
export type Feed = NumericArray | NdArray;

/** Something that computes named arrays from named arrays. */
export interface Program {
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
  /**
   * Every input must be fed. Outputs are the caller's own arrays, row-major. Blocks its thread while it computes.
   * Throws a BenchError on a missing or unknown input, a wrong dtype or a wrong number of elements.
   */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, NumericArray>>;
  /** Frees what the program holds; it cannot run afterwards. */
  release(): Promise<void>;
}

/** A graph written by hand; its inputs and outputs must have types that the contract knows. */
export function buildGraph(graph: OnnxGraph): Graph {
  const specs = (values: OnnxGraph['inputs']): TensorSpecs =>
    Object.fromEntries(
      values.map(({ name, type, shape }) => [
        name,
        { shape: shape.map((size) => (typeof size === 'string' ? -1 : size)), dtype: boundaryType(name, type) },
      ]),
    );
  return { onnx: encodeModel(graph), inputs: specs(graph.inputs), outputs: specs(graph.outputs) };
}

function boundaryType(name: string, type: OnnxType): DType {
  if (type === 'int64' || type === 'bool')
    throw new BenchError({
      code: 'GRAPH_TYPE',
      message: `"${name}" is ${type}, which no program takes or gives`,
      next: 'cast it inside the graph',
    });
  return type;
}

export interface OpenOptions {
  /** Write ONNX Runtime's own profile to a file with this prefix when the program is released. */
  readonly profile?: string;
}

/**
 * Loads a graph into ONNX Runtime, on one thread and with denormals flushed to zero (training slows down several times
 * on them), so that the same feeds give the same bytes. Throws a BenchError when the runtime refuses the graph.
 */
export async function openGraph(graph: Graph, options: OpenOptions = {}): Promise<Program> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(graph.onnx, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      extra: { session: { set_denormal_as_zero: '1' } },
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
    });
  } catch (cause) {
    throw new BenchError({ code: 'GRAPH_REFUSED', message: `ONNX Runtime refused the graph: ${reason(cause)}`, cause });
  }
  const outputNames = Object.keys(graph.outputs);
  if (outputNames.length !== session.outputNames.length)
    throw new BenchError({ code: 'GRAPH_OUTPUTS', message: 'the graph does not list the outputs of its ONNX model' });
  let released = false;
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    async run(feeds) {
      if (released) throw new BenchError({ code: 'PROGRAM_RELEASED', message: 'the program was released' });
      const tensors = feedTensors(graph, feeds);
      let results: InferenceSession.ReturnType;
      try {
        results = await session.run(tensors);
      } catch (cause) {
        throw new BenchError({ code: 'PROGRAM_FAILED', message: `ONNX Runtime failed: ${reason(cause)}`, cause });
      }
      return Object.fromEntries(
        outputNames.map((name, i) => [name, results[session.outputNames[i]].data as NumericArray]),
      );
    },
    async release() {
      if (released) return;
      released = true;
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

function feedTensors(graph: Graph, feeds: Readonly<Record<string, Feed>>): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, { data, shape }] of Object.entries(checkFeeds(graph, feeds)))
    tensors[name] = new Tensor(dtypeOf(data), data as Float32Array, shape);
  return tensors;
}

/**
 * The feeds with their full shapes, or a BenchError that names the input and what is wrong with it. A single open size
 * is found from the number of elements.
 */
export function checkFeeds(
  { inputs, stepwise = [] }: Pick<Graph, 'inputs' | 'stepwise'>,
  feeds: Readonly<Record<string, Feed>>,
): Record<string, NdArray> {
  for (const name of Object.keys(feeds))
    if (!Object.hasOwn(inputs, name))
      throw new BenchError({
        code: 'FEED_UNKNOWN',
        message: `the program has no input "${name}"`,
        next: `its inputs are ${Object.keys(inputs).join(', ')}`,
      });
  const arrays = Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const feed = feeds[name];
      if (feed === undefined)
        throw new BenchError({
          code: 'FEED_MISSING',
          message: `input "${name}" was not fed`,
          next: `it is ${describe(spec)}`,
        });
      return [name, checkFeed(name, spec, feed)];
    }),
  );
  const steps = stepwise.map((name) => arrays[name].shape[0]);
  if (steps.some((count) => count !== steps[0]))
    throw new BenchError({
      code: 'FEED_STEPS',
      message: `the steps fed disagree: ${stepwise.map((name, i) => `"${name}" has ${steps[i]}`).join(', ')}`,
    });
  return arrays;
}

function checkFeed(name: string, spec: TensorSpec, feed: Feed): NdArray {
  const { data, shape: given } = ArrayBuffer.isView(feed) ? { data: feed, shape: undefined } : feed;
  const dtype = dtypeOf(data);
  if (dtype !== spec.dtype)
    throw new BenchError({ code: 'FEED_DTYPE', message: `input "${name}" is ${describe(spec)}, fed ${dtype}` });
  if (data.buffer instanceof SharedArrayBuffer)
    throw new BenchError({
      code: 'FEED_SHARED',
      message: `input "${name}" was fed shared memory, which ONNX Runtime refuses`,
      next: 'copy it once a worker: data.slice()',
    });
  const shape = given ?? completeShape(spec.shape, data.length);
  const fits =
    shape !== undefined &&
    shape.length === spec.shape.length &&
    spec.shape.every((size, axis) => size < 0 || size === shape[axis]) &&
    sizeOf(shape) === data.length;
  if (!fits)
    throw new BenchError({
      code: 'FEED_SHAPE',
      message: `input "${name}" is ${describe(spec)}, fed ${given === undefined ? '' : `[${given.join(', ')}] with `}${data.length} elements`,
      ...(spec.shape.filter((size) => size < 0).length > 1 && given === undefined
        ? { next: 'feed { shape, data }: more than one of its sizes is open' }
        : {}),
    });
  return { shape, data };
}

function completeShape(shape: readonly number[], elements: number): readonly number[] | undefined {
  const open = shape.filter((size) => size < 0).length;
  if (open === 0) return shape;
  const rest = sizeOf(shape.filter((size) => size >= 0));
  if (open > 1 || rest === 0 || elements % rest !== 0) return undefined;
  return shape.map((size) => (size < 0 ? elements / rest : size));
}

function describe(spec: TensorSpec): string {
  return `${spec.dtype} [${spec.shape.map((size) => (size < 0 ? '?' : size)).join(', ')}]`;
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

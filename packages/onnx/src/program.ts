import { BenchError, type DType, type NumericArray } from '@attribution-bench/contract';
import { deviceFailure } from './devices/device-failure.js';
import { checkFeeds, checkTargets, type Feed, type FeedSpecs, type TensorSpecs } from './feeds.js';
import { encodeModel, type OnnxGraph, type OnnxType } from './model.js';
import { type ModelOutput, openSession, type Session, type SessionOptions } from './session.js';

/**
 * An ONNX model and what it takes and gives: plain data, fit to be stored or sent to a worker. `outputs` are in the
 * order of the model's own, whose names may differ (an input and an output may share a name here, not in ONNX).
 */
export interface Graph extends FeedSpecs {
  readonly onnx: Uint8Array;
  readonly outputs: TensorSpecs;
  /** Whether several threads compute it in less time, and to the same bytes as one. */
  readonly divisible?: boolean;
}

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

/** A program in ONNX Runtime, which can write into arrays that are there already. */
export interface GraphProgram extends Program {
  /** @param into arrays for outputs, by name, which are filled and returned; they may be views of larger ones */
  run(
    feeds: Readonly<Record<string, Feed>>,
    into?: Readonly<Record<string, Feed>>,
  ): Promise<Record<string, NumericArray>>;
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

/** Loads a graph into ONNX Runtime, see {@link openSession}. Throws a BenchError when the runtime refuses it. */
export async function openGraph(graph: Graph, options: SessionOptions = {}): Promise<GraphProgram> {
  const session = await load(graph.onnx, options);
  const names = Object.keys(graph.outputs);
  if (names.length !== session.outputNames.length)
    throw new BenchError({ code: 'GRAPH_OUTPUTS', message: 'the graph does not list the outputs of its ONNX model' });
  let released = false;
  return {
    inputs: graph.inputs,
    outputs: graph.outputs,
    async run(feeds, into = {}) {
      if (released) throw new BenchError({ code: 'PROGRAM_RELEASED', message: 'the program was released' });
      const arrays = checkFeeds(graph, feeds);
      const targets = checkTargets(graph.outputs, into);
      const fetches = Object.fromEntries(names.map((name, i) => [session.outputNames[i], targets[name]]));
      let results: Record<string, ModelOutput>;
      try {
        results = await session.run(arrays, fetches);
      } catch (cause) {
        throw new BenchError({ code: 'PROGRAM_FAILED', message: `ONNX Runtime failed: ${reason(cause)}`, cause });
      }
      return Object.fromEntries(
        names.map((name, i) => [name, targets[name]?.data ?? (results[session.outputNames[i]].data as NumericArray)]),
      );
    },
    async release() {
      if (released) return;
      released = true;
      await session.release();
    },
  };
}

async function load(onnx: Uint8Array, options: SessionOptions): Promise<Session> {
  try {
    return await openSession(onnx, options);
  } catch (cause) {
    if (options.device !== undefined) throw await deviceFailure(options.device, onnx, cause);
    throw new BenchError({ code: 'GRAPH_REFUSED', message: `ONNX Runtime refused the graph: ${reason(cause)}`, cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

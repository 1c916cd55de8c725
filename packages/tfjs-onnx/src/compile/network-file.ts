import { type NdArray, Rng, sizeOf } from '@attribution-bench/contract';
import {
  encodeModel,
  type OnnxConstant,
  type OnnxGraph,
  type OnnxNode,
  openGraph,
  type TensorSpecs,
} from '@attribution-bench/onnx';
import type { TensorFunction } from '../functions.js';
import { recordGraph } from './compile.js';

/** A network as an ONNX file for others, weights included. */
export interface NetworkFile {
  readonly onnx: Uint8Array;
  /** The only batch size that it takes; absent: any. */
  readonly batch?: number;
}

/** Named arrays that become initialisers of these names. */
export type Weights = Readonly<Record<string, NdArray<Float32Array>>>;

/** Name of the batch axis in the file. */
const batchAxis = 'batch';
const recordedBatches = [64, 65] as const;
const triedBatch = 3;
const tolerance = 1e-5;

/**
 * Writes a function of a batch and of weights as an ONNX model. It is recorded at two batch sizes: where the two graphs
 * differ in nothing but sizes that can be left open, and the graph that leaves them open gives the same numbers, the batch
 * axis is free.
 * @param inputs of one row, float32; each gets a leading batch axis
 */
export async function networkFile(fn: TensorFunction, inputs: TensorSpecs, weights: Weights): Promise<NetworkFile> {
  const [graph, other] = recordedBatches.map((batch) => {
    const fixed = Object.entries(weights).map(([name, { shape }]) => [name, { shape, dtype: 'float32' }]);
    return recordGraph(fn, { ...batched(inputs, batch), ...Object.fromEntries(fixed) }).graph;
  });
  const [batch] = recordedBatches;
  const fixed = encodeModel(withWeights(graph, weights));
  const open = withOpenBatch(graph, other);
  if (open === undefined) return { onnx: fixed, batch };
  const onnx = encodeModel(withWeights(open, weights));
  return (await agree(fixed, onnx, inputs)) ? { onnx } : { onnx: fixed, batch };
}

function batched(inputs: TensorSpecs, batch: number): TensorSpecs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape: [batch, ...shape], dtype }]),
  );
}

function withWeights(graph: OnnxGraph, weights: Weights): OnnxGraph {
  const initialisers = Object.entries(weights).map(
    ([name, { shape, data }]): OnnxConstant => ({ name, type: 'float32', shape, data }),
  );
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => weights[name] === undefined),
    constants: [...initialisers, ...(graph.constants ?? [])],
  };
}

/** Whether the first rows of a batch come out alike from both models. */
async function agree(fixed: Uint8Array, open: Uint8Array, inputs: TensorSpecs): Promise<boolean> {
  const [full] = recordedBatches;
  const rng = new Rng([1, 2, 3, 4]);
  const rows = Object.entries(inputs).map(
    ([name, { shape }]) => [name, Float32Array.from({ length: full * sizeOf(shape) }, () => rng.uniform())] as const,
  );
  const outputOf = async (onnx: Uint8Array, batch: number): Promise<Float32Array> => {
    const feeds = rows.map(([name, data]) => [name, data.subarray(0, (data.length / full) * batch)]);
    const outputs = { output: { shape: [-1], dtype: 'float32' } } as const;
    const program = await openGraph({ onnx, inputs: batched(inputs, batch), outputs });
    try {
      return (await program.run(Object.fromEntries(feeds))).output as Float32Array;
    } finally {
      await program.release();
    }
  };
  const expected = await outputOf(fixed, full);
  const found = await outputOf(open, triedBatch).catch(() => new Float32Array());
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    found.length * full === expected.length * triedBatch &&
    found.every((value, i) => Math.abs(value - expected[i]) <= tolerance * largest)
  );
}

/** The graph for any batch size, from those of two sizes; undefined where they differ in more than can be left open. */
function withOpenBatch(graph: OnnxGraph, other: OnnxGraph): OnnxGraph | undefined {
  if (JSON.stringify(graph.nodes) !== JSON.stringify(other.nodes)) return undefined;
  const others = new Map((other.constants ?? []).map((constant) => [constant.name, constant]));
  const constants: OnnxConstant[] = [];
  const opened = new Set<string>();
  for (const constant of graph.constants ?? []) {
    const found = others.get(constant.name);
    if (found === undefined) return undefined;
    const place = sameConstant(constant, found) ? undefined : openPlace(constant, found, graph.nodes);
    if (place === 'none') return undefined;
    if (place === undefined) constants.push(constant);
    else {
      opened.add(constant.name);
      constants.push(withSize(constant, place, -1n, constant.name));
      constants.push(withSize(constant, place, 1n, expandedName(constant.name)));
    }
  }
  const expand = (name: string) => (opened.has(name) ? expandedName(name) : name);
  return {
    nodes: graph.nodes.map((node) => (node.op === 'Expand' ? { ...node, inputs: node.inputs.map(expand) } : node)),
    constants,
    inputs: graph.inputs.map((value, i) => openAxis(value, other.inputs[i])),
    outputs: graph.outputs.map((value, i) => openAxis(value, other.outputs[i])),
  };
}

function openAxis<T extends OnnxGraph['inputs'][number]>(value: T, other: T): T {
  return { ...value, shape: value.shape.map((size, axis) => (size === other.shape[axis] ? size : batchAxis)) };
}

const expandedName = (name: string): string => `${name}:expanded`;

function sameConstant(a: OnnxConstant, b: OnnxConstant): boolean {
  return a.type === b.type && String(a.shape) === String(b.shape) && a.data.every((value, i) => value === b.data[i]);
}

/**
 * Where two lists of sizes differ, if in one place only and if all that use them can do without: Reshape takes -1 for the
 * size that follows from the rest, and Expand takes 1 for a size that stays as it is.
 */
function openPlace(a: OnnxConstant, b: OnnxConstant, nodes: readonly OnnxNode[]): number | 'none' {
  const sizesOnly = nodes.every(
    ({ op, inputs: [first, second, ...more] }) =>
      first !== a.name && !more.includes(a.name) && (second !== a.name || op === 'Reshape' || op === 'Expand'),
  );
  if (!sizesOnly || a.type !== 'int64' || b.type !== 'int64' || a.data.length !== b.data.length) return 'none';
  const differing = [...a.data.keys()].filter((i) => a.data[i] !== b.data[i]);
  return differing.length === 1 ? differing[0] : 'none';
}

function withSize(constant: OnnxConstant, place: number, size: bigint, name: string): OnnxConstant {
  const data = BigInt64Array.from(constant.data as BigInt64Array);
  data[place] = size;
  return { ...constant, name, data };
}

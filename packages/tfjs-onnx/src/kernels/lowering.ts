import type { GraphBuilder, Value } from '../graph/graph-builder.js';

/** One call of a TensorFlow.js kernel while a graph is being recorded. */
export interface KernelCall {
  readonly g: GraphBuilder;
  /** Inputs by TensorFlow.js's own names; a uint8 input reads as int32, as TensorFlow.js sees it. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** Inputs without that conversion, for kernels that only move data. */
  readonly stored: Readonly<Record<string, Value>>;
  /** Attributes; each kernel states their type, which TensorFlow.js exports. */
  attributes<T>(): T;
}

/** How a TensorFlow.js kernel is written in ONNX operators. */
export type Lowering = (call: KernelCall) => Value | readonly Value[];
export type Lowerings = Readonly<Record<string, Lowering>>;

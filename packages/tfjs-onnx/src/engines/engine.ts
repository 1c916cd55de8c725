import type { Program, TensorSpecs } from '@attribution-bench/onnx';
import type { ScanBody, ScanSpec, TensorFunction } from '../functions.js';

/** Runs TensorFlow.js functions. The same function gives the same numbers on every engine, up to rounding. */
export interface Engine {
  /** Part of the identity of results: `onnx`, `tfjs-node`, `tfjs-cpu`. */
  readonly id: string;
  program(fn: TensorFunction, inputs: TensorSpecs): Promise<Program>;
  /** Feeds: carried and shared inputs by name, `each` as [steps, ...slice]. Outputs: final carry, stacks of what was emitted. */
  scan(body: ScanBody, spec: ScanSpec): Promise<Program>;
}

import type { NumericArray, Output, OutputFunction, PointSet } from '@attribution-bench/contract';
import type { TensorSpec } from '@attribution-bench/onnx';
import type { Tensors } from '@attribution-bench/tfjs-onnx';
import type { Tensor } from '@tensorflow/tfjs';
import type { Architecture, Network } from '../nn/architecture/layer.js';

/** What the network is fed in one pass, and what its predictions are compared with; rows are sample by sample. */
export interface PassInputs {
  /** [rows × input] with rows = samples × positions. */
  readonly x: Tensor;
  readonly time?: Tensor;
  /** Classifier: one-hot labels. Regressor: responses. Generator: the noise that was added. [rows × outputs] */
  readonly reference: Tensor;
}

/** One way of sending points through the network: each point once, or once a timestep. */
export interface Pass {
  /** Rows that each point becomes. */
  readonly positions: number;
  /** Specs of the feeds of this many points. */
  specs(samples: number): Readonly<Record<string, TensorSpec>>;
  /** In TensorFlow.js: from the feeds to the network's inputs. */
  inputs(feeds: Tensors): PassInputs;
  /** Feeds of points [start, start + count) of a set, padded to `samples` points. */
  feeds(of: PointSet, start: number, count: number, samples: number): Record<string, NumericArray>;
}

/** A task's network and points, as everything that evaluates models sees them. */
export interface Subject {
  readonly network: Network;
  readonly architecture: Architecture;
  /** Points of a set. */
  count(of: PointSet): number;
  /** @param timesteps generators: noise levels to average over; the default is the subject's own choice */
  pass(timesteps?: readonly number[]): Pass;
  /** One scalar a row from what the network predicts. */
  outputFunction(output: Output): OutputFunction;
}

import type { CancelSignal, OutputFunction } from '@attribution-bench/contract';
import type { Program, TensorSpec } from '@attribution-bench/onnx';
import type { Engine, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { packed, parameterSpecs, stacked } from '../nn/architecture/flat.js';
import { runModels } from '../nn/interpreters/apply.js';
import type { OpenedPass } from './opened-pass.js';
import type { Subject } from './pass.js';
import { rowRanges } from './row-ranges.js';

const vectorName = (parameter: string): string => `${parameter}:vector`;
const stateBytes = 2 ** 22;

/** Vectors of one run: as many as keep one array of all of them within 4 MiB, at most 16; one unless models stack. */
function hessianVectors({ network, architecture }: Subject): number {
  if (!network.stackable) return 1;
  return Math.max(1, Math.min(16, Math.floor(stateBytes / (4 * architecture.size))));
}

/**
 * Compiles: H · v for `hessianVectors` vectors v, where H is the Hessian of Σ weights · loss over the rows of a block.
 * One model per vector, all alike, so that one backward pass through the gradients serves all of them.
 */
export function compileHessian(
  engine: Engine,
  { subject, pass, samples }: OpenedPass,
  loss: OutputFunction,
): Promise<Program> {
  const { architecture } = subject;
  const vectors = hessianVectors(subject);
  const names = architecture.parameters.map(({ name }) => name);
  const parameters = parameterSpecs(architecture.arrays, vectors);
  const weights: TensorSpec = { shape: [samples * pass.positions], dtype: 'float32' };
  return engine.program(
    (feeds) => {
      const { x, time, reference } = pass.inputs(feeds);
      const perModel = (tensor: tf.Tensor) => tf.expandDims(tensor, 0);
      const total = (...values: tf.Tensor[]) => {
        const given = { ...feeds, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) };
        const prediction = runModels(subject, given, perModel(x), time === undefined ? undefined : perModel(time));
        return tf.sum(tf.mul(loss(prediction, perModel(reference)), feeds.weights));
      };
      const slope = (...values: tf.Tensor[]) => {
        const gradients = tf.grads(total)(values);
        const products = gradients.map((gradient, i) => tf.sum(tf.mul(gradient, feeds[vectorName(names[i])])));
        return products.reduce((sum, product) => tf.add(sum, product));
      };
      const result: Tensors = {};
      const products = tf.grads(slope)(names.map((name) => feeds[name]));
      for (const [i, name] of names.entries()) result[name] = products[i];
      return result;
    },
    {
      ...parameters,
      ...Object.fromEntries(names.map((name) => [vectorName(name), parameters[name]])),
      ...pass.specs(samples),
      weights,
    },
  );
}

export interface HessianRequest {
  readonly parameters: Float32Array;
  /** [rows × p] */
  readonly vectors: Float32Array;
  readonly cancel: CancelSignal;
}

/**
 * The Hessian of the mean training loss (weight decay not included: it adds `weightDecay` to the diagonal) times each
 * row of `vectors`, blocked over vectors and data and summed in float64.
 */
export async function runHessian(
  program: Program,
  { subject, pass, samples }: OpenedPass,
  { parameters, vectors, cancel }: HessianRequest,
): Promise<Float32Array> {
  const { size, arrays, parameters: differentiated } = subject.architecture;
  const rows = vectors.length / size;
  const atOnce = hessianVectors(subject);
  const points = subject.count('train');
  const model = stacked(
    arrays,
    Array.from({ length: atOnce }, () => parameters),
  );
  const products = new Float32Array(rows * size);
  for (const { start, count } of rowRanges(rows, atOnce)) {
    const flats = Array.from({ length: atOnce }, (_, v) => {
      const row = start + Math.min(v, count - 1);
      return vectors.subarray(row * size, (row + 1) * size);
    });
    const directions = Object.fromEntries(
      Object.entries(stacked(differentiated, flats)).map(([name, values]) => [vectorName(name), values]),
    );
    const sums = new Float64Array(count * size);
    for (const range of rowRanges(points, samples)) {
      cancel.throwIfAborted();
      const weights = new Float32Array(samples * pass.positions);
      weights.fill(1 / (points * pass.positions), 0, range.count * pass.positions);
      const feeds = pass.feeds('train', range.start, range.count, samples);
      const results = await program.run({ ...model, ...directions, ...feeds, weights });
      for (let v = 0; v < count; v++) {
        const product = packed(differentiated, results, v);
        for (let i = 0; i < size; i++) sums[v * size + i] += product[i];
      }
    }
    products.set(sums, start * size);
  }
  return products;
}

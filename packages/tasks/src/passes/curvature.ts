import type { CancelSignal, CurvatureKind, OutputFunction } from '@attribution-bench/contract';
import type { Program, TensorSpec } from '@attribution-bench/onnx';
import type { Engine, Tensors } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { packed, parameterSpecs, stacked } from '../nn/architecture/flat.js';
import { runModels } from '../nn/interpreters/apply.js';
import { gatheredFeeds } from './gathered-feeds.js';
import type { OpenedPass } from './opened-pass.js';
import type { Subject } from './pass.js';
import { rowRanges } from './row-ranges.js';

const vectorName = (parameter: string): string => `${parameter}:vector`;
const stateBytes = 2 ** 22;

/** Vectors of one run: as many as keep one array of all of them within 4 MiB, at most 16; one unless models stack. */
function vectorsAtOnce({ network, architecture }: Subject): number {
  if (!network.stackable) return 1;
  return Math.max(1, Math.min(16, Math.floor(stateBytes / (4 * architecture.size))));
}

/**
 * Compiles: C · v for {@link vectorsAtOnce} vectors v, where C is the curvature of Σ weights · loss over the rows of a block.
 * One model per vector, all alike, so that one backward pass serves all of them.
 */
export function compileCurvature(
  engine: Engine,
  { subject, pass, samples }: OpenedPass,
  kind: CurvatureKind,
  loss: OutputFunction,
): Promise<Program> {
  const { architecture } = subject;
  const vectors = vectorsAtOnce(subject);
  const names = architecture.parameters.map(({ name }) => name);
  const parameters = parameterSpecs(architecture.arrays, vectors);
  const weights: TensorSpec = { shape: [samples * pass.positions], dtype: 'float32' };
  return engine.program(
    (feeds) => {
      const { x, time, reference } = pass.inputs(feeds);
      const perModel = (tensor: tf.Tensor) => tf.expandDims(tensor, 0);
      const predict = (...values: tf.Tensor[]) => {
        const given = { ...feeds, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) };
        return runModels(subject, given, perModel(x), time === undefined ? undefined : perModel(time));
      };
      const total = (prediction: tf.Tensor) => tf.sum(tf.mul(loss(prediction, perModel(reference)), feeds.weights));
      const multiply = kind === 'hessian' ? hessianProduct : gaussNewtonProduct;
      const products = multiply(
        predict,
        total,
        names.map((name) => feeds[name]),
        names.map((name) => feeds[vectorName(name)]),
      );
      const result: Tensors = {};
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

type Predict = (...parameters: tf.Tensor[]) => tf.Tensor;
type Total = (prediction: tf.Tensor) => tf.Tensor;
type Multiply = (predict: Predict, total: Total, at: readonly tf.Tensor[], vector: readonly tf.Tensor[]) => tf.Tensor[];

/** The gradient of the slope of the loss along the vector. */
const hessianProduct: Multiply = (predict, total, at, vector) => {
  const slope = (...values: tf.Tensor[]) => inner(tf.grads((...list) => total(predict(...list)))(values), vector);
  return tf.grads(slope)([...at]);
};

/**
 * Jᵀ H J v. J v is the derivative of u ↦ (Jᵀu)·v, a backward pass differentiated by what it starts from; H times that is
 * the gradient of the loss's slope along it.
 */
const gaussNewtonProduct: Multiply = (predict, total, at, vector) => {
  const prediction = predict(...at);
  const pulledBack = (weights: tf.Tensor) =>
    inner(tf.grads((...list) => tf.sum(tf.mul(predict(...list), weights)))([...at]), vector);
  const moved = tf.grad(pulledBack)(tf.zerosLike(prediction));
  const bent = tf.grad((values) => tf.sum(tf.mul(tf.grad(total)(values), moved)))(prediction);
  return tf.grads((...list) => tf.sum(tf.mul(predict(...list), bent)))([...at]);
};

function inner(gradients: readonly tf.Tensor[], vector: readonly tf.Tensor[]): tf.Tensor {
  return gradients
    .map((gradient, i) => tf.sum(tf.mul(gradient, vector[i])))
    .reduce((sum, product) => tf.add(sum, product));
}

export interface CurvatureRun {
  readonly parameters: Float32Array;
  /** [rows × p] */
  readonly vectors: Float32Array;
  /** Training points whose mean loss is meant; default all. */
  readonly points?: Int32Array;
  readonly cancel: CancelSignal;
}

/** The curvature of the mean loss times each row of `vectors`, blocked over vectors and data and summed in float64. */
export async function runCurvature(
  program: Program,
  { subject, pass, samples }: OpenedPass,
  { parameters, vectors, points: chosen, cancel }: CurvatureRun,
): Promise<Float32Array> {
  const { size, arrays, parameters: differentiated } = subject.architecture;
  const rows = vectors.length / size;
  const atOnce = vectorsAtOnce(subject);
  const points = chosen?.length ?? subject.count('train');
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
      const feeds =
        chosen === undefined
          ? pass.feeds('train', range.start, range.count, samples)
          : gatheredFeeds(pass, chosen.subarray(range.start, range.start + range.count), samples);
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

import type { CancelSignal, OutputFunction } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, stacked } from '../nn/architecture/flat.js';
import { arraysOf, modelVectors } from '../nn/architecture/vectors.js';
import { runModels } from '../nn/interpreters/apply.js';
import type { Pass, Subject } from './pass.js';
import { rowRanges } from './row-ranges.js';

/**
 * Compiles: derivatives of the scalar of each of `queries` queries, averaged over its positions, by all arrays of the model,
 * running statistics of batch normalisations included; by vector, [queries × numbers]. Each query has a model of its own,
 * all alike, so that one backward pass serves all.
 */
export function compileTargetSlopes(
  engine: Engine,
  subject: Subject,
  pass: Pass,
  target: OutputFunction,
  queries: number,
): Promise<Program> {
  const vectors = modelVectors(subject.architecture);
  const names = vectors.map(({ name }) => name);
  return engine.program(
    (feeds) => {
      const { x, time, reference } = pass.inputs(feeds);
      const perModel = (tensor: tf.Tensor) => tf.reshape(tensor, [queries, pass.positions, ...tensor.shape.slice(1)]);
      const total = (...values: tf.Tensor[]) => {
        const given = arraysOf(vectors, Object.fromEntries(names.map((name, i) => [name, values[i]])));
        const prediction = runModels(subject, given, perModel(x), time === undefined ? undefined : perModel(time));
        const rows = tf.reshape(prediction, reference.shape);
        return tf.div(tf.sum(target(rows, reference)), pass.positions);
      };
      const slopes = tf.grads(total)(names.map((name) => feeds[name]));
      return Object.fromEntries(names.map((name, i) => [name, slopes[i]]));
    },
    { ...parameterSpecs(vectors, queries), ...pass.specs(queries) },
  );
}

/** Runs such a program over all queries, in groups of `atOnce`, the last one padded: the slopes of each group. */
export async function runTargetSlopes(
  program: Program,
  subject: Subject,
  pass: Pass,
  request: { readonly parameters: Float32Array; readonly atOnce: number; readonly cancel: CancelSignal },
): Promise<Record<string, Float32Array>[]> {
  const { parameters, atOnce, cancel } = request;
  const copies = Array.from({ length: atOnce }, () => parameters);
  const models = stacked(modelVectors(subject.architecture), copies);
  const groups: Record<string, Float32Array>[] = [];
  for (const { start, count } of rowRanges(subject.count('queries'), atOnce)) {
    cancel.throwIfAborted();
    const slopes = await program.run({ ...models, ...pass.feeds('queries', start, count, atOnce) });
    groups.push(slopes as Record<string, Float32Array>);
  }
  return groups;
}

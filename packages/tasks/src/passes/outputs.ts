import type { OutputFunction } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, stacked } from '../nn/architecture/flat.js';
import { runModels } from '../nn/interpreters/apply.js';
import type { OpenedPass, PassRun } from './opened-pass.js';
import { rowRanges } from './row-ranges.js';

/**
 * Compiles: a scalar of each point under each of `models` models, averaged over the point's positions,
 * [models × samples].
 */
export function compileOutputs(
  engine: Engine,
  { subject, pass, samples }: OpenedPass,
  output: OutputFunction,
  models: number,
): Promise<Program> {
  return engine.program(
    (feeds) => {
      const { x, time, reference } = pass.inputs(feeds);
      const rows = x.shape[0];
      const perModel = (tensor: tf.Tensor) => tf.expandDims(tensor, 0);
      const prediction = runModels(subject, feeds, perModel(x), time === undefined ? undefined : perModel(time));
      const outputs = prediction.shape[prediction.rank - 1];
      const repeated = tf.reshape(tf.add(perModel(reference), tf.zeros([models, rows, outputs])), [
        models * rows,
        outputs,
      ]);
      const scalars = output(tf.reshape(prediction, [models * rows, outputs]), repeated);
      return { values: tf.mean(tf.reshape(scalars, [models, samples, pass.positions]), -1) };
    },
    { ...parameterSpecs(subject.architecture.arrays, models), ...pass.specs(samples) },
  );
}

/** Runs such a program over all points of a set: [points] for each model. */
export async function runOutputs(
  program: Program,
  { subject, pass, samples }: OpenedPass,
  parameters: readonly Float32Array[],
  { of, cancel }: Pick<PassRun, 'of' | 'cancel'>,
): Promise<Float32Array[]> {
  const points = subject.count(of);
  const models = stacked(subject.architecture.arrays, parameters);
  const results = parameters.map(() => new Float32Array(points));
  for (const { start, count } of rowRanges(points, samples)) {
    cancel.throwIfAborted();
    const { values } = await program.run({ ...models, ...pass.feeds(of, start, count, samples) });
    for (const [m, result] of results.entries()) {
      result.set(values.subarray(m * samples, m * samples + count), start);
    }
  }
  return results;
}

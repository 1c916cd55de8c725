import type { NdArray } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, unpacked } from '../nn/architecture/flat.js';
import type { Architecture } from '../nn/architecture/layer.js';
import { lastInput, lastLayer } from '../nn/interpreters/tapped.js';
import type { OpenedPass, PassRun } from './opened-pass.js';
import { rowRanges } from './row-ranges.js';

const widthOf = (architecture: Architecture): number =>
  architecture.layers[lastLayer(architecture)].inputShape.slice(-1)[0];

/** Compiles: the input of the last layer for each point, averaged over its positions, [samples × width]. */
export function compilePenultimate(engine: Engine, { subject, pass, samples }: OpenedPass): Promise<Program> {
  const { network, architecture } = subject;
  return engine.program(
    (feeds) => {
      const { x, time } = pass.inputs(feeds);
      const input = lastInput(network, architecture, feeds, x, time);
      return { features: tf.mean(tf.reshape(input, [samples, -1, widthOf(architecture)]), 1) };
    },
    { ...parameterSpecs(architecture.arrays), ...pass.specs(samples) },
  );
}

/** Runs such a program over all points of a set, [points × width]. */
export async function runPenultimate(
  program: Program,
  { subject, pass, samples }: OpenedPass,
  { of, parameters, cancel }: PassRun,
): Promise<NdArray<Float32Array>> {
  const { architecture, count } = subject;
  const points = count(of);
  const width = widthOf(architecture);
  const data = new Float32Array(points * width);
  const model = unpacked(architecture.arrays, parameters);
  for (const range of rowRanges(points, samples)) {
    cancel.throwIfAborted();
    const { features } = await program.run({ ...model, ...pass.feeds(of, range.start, range.count, samples) });
    data.set(features.subarray(0, range.count * width), range.start * width);
  }
  return { shape: [points, width], data };
}

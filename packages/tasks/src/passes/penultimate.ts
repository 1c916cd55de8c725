import type { CancelSignal, NdArray, PointSet } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, unpacked } from '../nn/architecture/flat.js';
import type { Architecture } from '../nn/architecture/layer.js';
import { lastInput, lastLayer } from '../nn/interpreters/tapped.js';
import { passSamples } from './outputs.js';
import type { Pass, Subject } from './pass.js';
import { rowRanges } from './row-ranges.js';

const widthOf = (architecture: Architecture): number =>
  architecture.layers[lastLayer(architecture)].inputShape.slice(-1)[0];

/** Compiles: the input of the last layer for each point, averaged over its positions, [samples × width]. */
export function compilePenultimate(engine: Engine, subject: Subject, pass: Pass): Promise<Program> {
  const { network, architecture } = subject;
  const samples = passSamples(subject, pass);
  return engine.program(
    (feeds) => {
      const { x, time } = pass.inputs(feeds);
      const input = lastInput(network, architecture, feeds, x, time);
      return { features: tf.mean(tf.reshape(input, [samples, -1, widthOf(architecture)]), 1) };
    },
    { ...parameterSpecs(architecture.arrays), ...pass.specs(samples) },
  );
}

export async function runPenultimate(
  program: Program,
  subject: Subject,
  pass: Pass,
  of: PointSet,
  parameters: Float32Array,
  cancel?: CancelSignal,
): Promise<NdArray<Float32Array>> {
  const { architecture, count } = subject;
  const samples = passSamples(subject, pass);
  const points = count(of);
  const width = widthOf(architecture);
  const data = new Float32Array(points * width);
  const model = unpacked(architecture.arrays, parameters);
  for (const range of rowRanges(points, samples)) {
    cancel?.throwIfAborted();
    const { features } = await program.run({ ...model, ...pass.feeds(of, range.start, range.count, samples) });
    data.set(features.subarray(0, range.count * width), range.start * width);
  }
  return { shape: [points, width], data };
}

import type { OutputFunction, PointSet } from '@attribution-bench/contract';
import type { Engine, Tensors } from '@attribution-bench/tfjs-onnx';
import type { Program } from '@attribution-bench/tfjs-onnx/runtime';
import * as tf from '@tensorflow/tfjs';
import { parameterSpecs, unpacked } from '../nn/flat.js';
import { sampleFactors } from '../nn/tapped.js';
import { passSamples } from './outputs.js';
import type { Pass, Subject } from './pass.js';
import { rowRanges } from './row-ranges.js';
import type { GradientSource, PositionProducts } from './stream-gradients.js';

const inputName = (layer: string): string => `${layer}:input`;
const deltaName = (layer: string): string => `${layer}:delta`;

/** Compiles: factor pairs of every layer for the gradient of a scalar of each point, averaged over its positions. */
export function compileFactors(
  engine: Engine,
  { network, architecture }: Subject,
  pass: Pass,
  output: OutputFunction,
): Promise<Program> {
  const { positions } = pass;
  return engine.program(
    (feeds) => {
      const { x, time, reference } = pass.inputs(feeds);
      const scalars = (prediction: tf.Tensor) => {
        const values = output(prediction, reference);
        return positions === 1 ? values : tf.div(values, positions);
      };
      const factors = sampleFactors(network, architecture, feeds, scalars, x, time);
      const named: Tensors = {};
      for (const [layer, { input, delta }] of Object.entries(factors)) {
        named[inputName(layer)] = tf.concat([input, tf.ones([input.shape[0], 1])], 1);
        named[deltaName(layer)] = delta;
      }
      return named;
    },
    { ...parameterSpecs(architecture), ...pass.specs(passSamples(pass)) },
  );
}

/** Per-sample gradients of a set of points at given parameters, as factor pairs. */
export function factorSource(
  program: Program,
  products: PositionProducts,
  { architecture, count }: Subject,
  pass: Pass,
  of: PointSet,
  parameters: Float32Array,
): GradientSource {
  const { positions } = pass;
  const samples = passSamples(pass);
  const model = unpacked(architecture, parameters);
  return {
    architecture,
    samples: count(of),
    positions,
    ...(positions === 1 ? {} : { products }),
    async factors(start, points) {
      const rows = points * positions;
      const layers = Object.fromEntries(
        architecture.layers.map(({ name, inputs, outputs }) => [
          name,
          { input: new Float32Array(rows * (inputs + 1)), delta: new Float32Array(rows * outputs) },
        ]),
      );
      for (const range of rowRanges(points, samples)) {
        const feeds = pass.feeds(of, start + range.start, range.count, samples);
        const results = await program.run({ ...model, ...feeds });
        for (const { name, inputs, outputs } of architecture.layers) {
          const place = range.start * positions;
          const filled = range.count * positions;
          const width = inputs + 1;
          layers[name].input.set(results[inputName(name)].subarray(0, filled * width), place * width);
          layers[name].delta.set(results[deltaName(name)].subarray(0, filled * outputs), place * outputs);
        }
      }
      return { samples: points, layers };
    },
  };
}

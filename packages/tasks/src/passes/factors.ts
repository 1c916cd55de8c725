import type { OutputFunction } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import { parameterSpecs, unpacked } from '../nn/architecture/flat.js';
import { averagedTaps } from './averaged-taps.js';
import { deltaName, inputName, namedFactors } from './named-factors.js';
import type { OpenedPass, PassRun } from './opened-pass.js';
import { rowRanges } from './row-ranges.js';
import { type FactorBlock, factorSizes, type GradientSource, type PositionProducts } from './stream-gradients.js';

/** Compiles: factors of every layer for the gradient of a scalar of each point, averaged over its positions. */
export function compileFactors(engine: Engine, opened: OpenedPass, output: OutputFunction): Promise<Program> {
  const { subject, pass, samples } = opened;
  const { architecture } = subject;
  return engine.program(
    (feeds) => {
      return namedFactors(architecture, averagedTaps(opened, output, feeds));
    },
    { ...parameterSpecs(architecture.arrays), ...pass.specs(samples) },
  );
}

/** Per-sample gradients of a set of points at given parameters, as factors. */
export function factorSource(
  program: Program,
  products: PositionProducts,
  { subject, pass, samples }: OpenedPass,
  { of, parameters }: PassRun,
): GradientSource {
  const { architecture, count } = subject;
  const { positions } = pass;
  const model = unpacked(architecture.arrays, parameters);
  const sizes = architecture.layers.map((layer) => ({ name: layer.name, ...factorSizes(layer) }));
  let kept: { readonly rows: number; readonly buffers: FactorBlock['layers'] } | undefined;
  /** Arrays of so many rows, which every block overwrites. */
  const layersOf = (rows: number): FactorBlock['layers'] => {
    if (kept === undefined || kept.rows < rows) kept = { rows, buffers: allocated(sizes, rows) };
    const { buffers } = kept;
    return Object.fromEntries(
      sizes.map(({ name, input, delta }) => [
        name,
        { input: buffers[name].input.subarray(0, rows * input), delta: buffers[name].delta.subarray(0, rows * delta) },
      ]),
    );
  };
  return {
    architecture,
    samples: count(of),
    positions,
    samplesAtOnce: samples,
    products,
    async factors(start, points) {
      const rows = points * positions;
      const layers = layersOf(rows);
      for (const range of rowRanges(points, samples)) {
        const feeds = pass.feeds(of, start + range.start, range.count, samples);
        const results = await program.run({ ...model, ...feeds });
        const place = range.start * positions;
        const filled = range.count * positions;
        for (const { name, input, delta } of sizes) {
          layers[name].input.set(results[inputName(name)].subarray(0, filled * input), place * input);
          layers[name].delta.set(results[deltaName(name)].subarray(0, filled * delta), place * delta);
        }
      }
      return { samples: points, layers };
    },
  };
}

function allocated(
  sizes: readonly { name: string; input: number; delta: number }[],
  rows: number,
): FactorBlock['layers'] {
  return Object.fromEntries(
    sizes.map(({ name, input, delta }) => [
      name,
      { input: new Float32Array(rows * input), delta: new Float32Array(rows * delta) },
    ]),
  );
}

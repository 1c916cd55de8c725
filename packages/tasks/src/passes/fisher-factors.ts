import {
  type CancelSignal,
  type FisherFactors,
  type OutputFunction,
  type Seed,
  sizeOf,
} from '@attribution-bench/contract';
import type { Program, TensorSpec } from '@attribution-bench/onnx';
import type { Engine } from '@attribution-bench/tfjs-onnx';
import { parameterSpecs, unpacked } from '../nn/architecture/flat.js';
import type { LayerSpec } from '../nn/architecture/layer.js';
import { fillPatchColumns } from '../nn/architecture/patches.js';
import { withParameters } from '../nn/interpreters/apply.js';
import { sampleTaps } from '../nn/interpreters/tapped.js';
import { layerMatrices } from './layer-matrices.js';
import type { Likelihood } from './likelihood.js';
import { deltaName, inputName, namedFactors } from './named-factors.js';
import type { OpenedPass } from './opened-pass.js';
import { rowRanges } from './row-ranges.js';
import { factorSizes } from './stream-gradients.js';

const drawsName = 'draws';
const blockBytes = 2 ** 24;

/**
 * Compiles: factors of every layer for the gradient of each row's loss, rows being points or points at one time step.
 * @param likelihood draws what predictions are compared with; default: what the points have
 */
export function compileFisherFactors(
  engine: Engine,
  { subject, pass, samples }: OpenedPass,
  loss: OutputFunction,
  likelihood?: Likelihood,
): Promise<Program> {
  const { network, architecture } = subject;
  return engine.program(
    (feeds) => {
      const { x, time, reference } = pass.inputs(feeds);
      const drawn = likelihood?.sampled(network.forward(withParameters(feeds), x, time), feeds[drawsName]) ?? reference;
      const taps = sampleTaps(network, architecture, feeds, (prediction) => loss(prediction, drawn), x, time);
      return namedFactors(architecture, taps);
    },
    {
      ...parameterSpecs(architecture.arrays),
      ...pass.specs(samples),
      ...(likelihood === undefined ? {} : { [drawsName]: drawsSpec(likelihood, samples * pass.positions) }),
    },
  );
}

export interface FisherRun {
  readonly parameters: Float32Array;
  /** Draws what predictions are compared with, from this seed; default: what the points have. */
  readonly sampling?: { readonly likelihood: Likelihood; readonly seed: Seed };
  readonly cancel: CancelSignal;
}

/** Runs such a program over all training points, in blocks of few enough samples that their factors stay within 16 MiB. */
export async function* streamFisherFactors(
  program: Program,
  { subject, pass, samples }: OpenedPass,
  { parameters, sampling, cancel }: FisherRun,
): AsyncGenerator<FisherFactors> {
  const { architecture, count } = subject;
  const { positions } = pass;
  const model = unpacked(architecture.arrays, parameters);
  const matrices = layerMatrices(architecture);
  const fill = sampling?.likelihood.draws(sampling.seed);
  for (const { start, count: points } of rowRanges(count('train'), samples)) {
    cancel.throwIfAborted();
    const feeds = { ...model, ...pass.feeds('train', start, points, samples) };
    if (sampling !== undefined && fill !== undefined) {
      const width = positions * sampling.likelihood.outputs;
      const draws = new Float32Array(samples * width);
      for (let s = 0; s < points; s++) fill(start + s, draws.subarray(s * width, (s + 1) * width));
      feeds[drawsName] = draws;
    }
    const factors = await program.run(feeds);
    for (const [l, layer] of architecture.layers.entries()) {
      const matrix = matrices[l];
      const { input: inputSize, delta: deltaSize } = factorSizes(layer);
      const input = factors[inputName(layer.name)] as Float32Array;
      const delta = factors[deltaName(layer.name)] as Float32Array;
      const atOnce = Math.max(1, Math.floor(blockBytes / (4 * layer.positions * (matrix.width + matrix.outputs))));
      for (const range of rowRanges(points * positions, atOnce)) {
        cancel.throwIfAborted();
        const end = range.start + range.count;
        yield {
          matrix,
          samples: range.count,
          positions: layer.positions,
          input: positionInputs(layer, input.subarray(range.start * inputSize, end * inputSize)),
          delta: delta.subarray(range.start * deltaSize, end * deltaSize),
        };
      }
    }
  }
}

const drawsSpec = ({ outputs }: Likelihood, rows: number): TensorSpec => ({ shape: [rows, outputs], dtype: 'float32' });

/** What a layer's matrix meets at each position, [samples × positions × width]. @param input of whole samples */
function positionInputs({ patches, positions, width }: LayerSpec, input: Float32Array): Float32Array {
  if (patches === undefined) return input;
  const samples = input.length / sizeOf(patches.input);
  const columns = new Float32Array(samples * positions * width);
  fillPatchColumns(patches, input, 0, width, columns);
  return columns;
}

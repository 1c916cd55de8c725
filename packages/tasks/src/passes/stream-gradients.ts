import type { CancelSignal, RowBlock } from '@attribution-bench/contract';
import { matmul, type Projector } from '@attribution-bench/numerics';
import type { Architecture, LayerSpec } from '../nn/layer.js';

/** Factor pairs of consecutive samples, by layer: gradient of a sample = Σ over positions of (input, 1) ⊗ delta. */
export interface FactorBlock {
  readonly samples: number;
  /** By layer name: input [samples × positions × in] and delta [samples × positions × out]. */
  readonly layers: Readonly<Record<string, { readonly input: Float32Array; readonly delta: Float32Array }>>;
}

export interface GradientSource {
  readonly architecture: Architecture;
  readonly samples: number;
  /** Pairs a sample and layer has: 1, or the timesteps that a generator's gradient is averaged over. */
  readonly positions: number;
  /** Factor pairs of samples [start, start + count). */
  factors(start: number, count: number): Promise<FactorBlock>;
}

const blockBytes = 2 ** 24;
const maxBlockSamples = 4096;

/** Samples of a block: what keeps the projected rows and the factor pairs within a few times 16 MiB each. */
export function gradientBlockSamples({ architecture, positions }: GradientSource, dim: number): number {
  const width = architecture.layers.reduce((sum, { inputs, outputs }) => sum + inputs + outputs, 0);
  const largest = Math.max(dim, positions * width);
  return Math.max(1, Math.min(maxBlockSamples, Math.floor(blockBytes / (4 * largest))));
}

/**
 * Streams projected per-sample gradients in blocks of samples. The [samples × p] matrix is never formed: within a block,
 * gradients are made for a range of parameters at a time and projected at once, so that memory is bounded by
 * blocks for any number of samples and parameters.
 */
export async function* streamGradients(
  source: GradientSource,
  projector: Projector,
  cancel: CancelSignal,
): AsyncGenerator<RowBlock> {
  const { architecture, samples } = source;
  const { dim } = projector;
  const block = Math.min(gradientBlockSamples(source, dim), Math.max(samples, 1));
  const data = new Float32Array(block * dim);
  for (let start = 0; start < samples; start += block) {
    const rows = Math.min(block, samples - start);
    const projected = data.subarray(0, rows * dim).fill(0);
    const factors = await source.factors(start, rows);
    for (const layer of architecture.layers) {
      for (const range of inputRanges(layer, rows)) {
        cancel.throwIfAborted();
        const gradients = await layerGradients(factors, layer, source.positions, range);
        await projector.project(gradients, layer.offset + range.from * layer.outputs, projected);
      }
    }
    yield { start, rows, cols: dim, data: projected };
  }
}

/** Inputs [from, to) of a layer, counting the constant 1 of the bias as the last. */
interface InputRange {
  readonly from: number;
  readonly to: number;
}

function inputRanges({ inputs, outputs }: LayerSpec, rows: number): InputRange[] {
  const width = Math.max(1, Math.floor(blockBytes / (4 * rows * outputs)));
  const count = Math.ceil((inputs + 1) / width);
  return Array.from({ length: count }, (_, i) => ({ from: i * width, to: Math.min((i + 1) * width, inputs + 1) }));
}

/** Gradients of some of a layer's parameters, [samples × (to - from) · out]. */
async function layerGradients(
  { samples, layers }: FactorBlock,
  { name, inputs, outputs }: LayerSpec,
  positions: number,
  { from, to }: InputRange,
): Promise<Float32Array> {
  const { input, delta } = layers[name];
  const width = (to - from) * outputs;
  const gradients = new Float32Array(samples * width);
  if (positions === 1) {
    for (let s = 0; s < samples; s++)
      outerProduct(input, s * inputs, inputs, delta, s * outputs, outputs, from, to, gradients, s * width);
    return gradients;
  }
  const columns = new Float32Array(positions * (to - from));
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < positions; t++) {
      for (let i = from; i < to; i++) {
        columns[t * (to - from) + i - from] = i < inputs ? input[(s * positions + t) * inputs + i] : 1;
      }
    }
    const deltas = delta.subarray(s * positions * outputs, (s + 1) * positions * outputs);
    const shape = { m: to - from, k: positions, n: outputs, transposeA: true };
    await matmul(columns, deltas, shape, gradients.subarray(s * width, (s + 1) * width));
  }
  return gradients;
}

/** out[o..] = inputs [from, to) of one sample, where input `inputs` is the constant 1, times its deltas. */
function outerProduct(
  input: Float32Array,
  a: number,
  inputs: number,
  delta: Float32Array,
  d: number,
  outputs: number,
  from: number,
  to: number,
  out: Float32Array,
  o: number,
): void {
  let place = o;
  for (let i = from; i < to; i++) {
    const factor = i < inputs ? input[a + i] : 1;
    for (let j = 0; j < outputs; j++) out[place++] = factor * delta[d + j];
  }
}

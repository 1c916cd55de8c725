import type { CancelSignal, RowBlock } from '@attribution-bench/contract';
import type { Projector } from '@attribution-bench/numerics';
import type { Architecture, LayerSpec } from '../nn/layer.js';

/**
 * Factor pairs of consecutive samples, by layer. The gradient of a sample with respect to a layer is the sum over its
 * positions of input ⊗ delta, where the input ends with a 1 for the bias.
 */
export interface FactorBlock {
  readonly samples: number;
  /** By layer name: input [samples × positions × (in + 1)] and delta [samples × positions × out]. */
  readonly layers: Readonly<Record<string, { readonly input: Float32Array; readonly delta: Float32Array }>>;
}

export interface GradientSource {
  readonly architecture: Architecture;
  readonly samples: number;
  /** Pairs a sample and layer has: 1, or the timesteps that a generator's gradient is averaged over. */
  readonly positions: number;
  /** Factor pairs of samples [start, start + count). */
  factors(start: number, count: number): Promise<FactorBlock>;
  /** Sums over positions of input ⊗ delta, for sources with several. */
  readonly products?: PositionProducts;
}

/**
 * Products of many samples at once.
 * @param input [samples × positions × width]
 * @param delta [samples × positions × out]
 * @returns [samples × width · out]
 */
export type PositionProducts = (
  input: Float32Array,
  delta: Float32Array,
  shape: { readonly samples: number; readonly positions: number; readonly width: number; readonly outputs: number },
) => Promise<Float32Array>;

const blockBytes = 2 ** 24;
const maxBlockSamples = 4096;

/** Samples of a block: what keeps the projected rows and the factor pairs within a few times 16 MiB each. */
export function gradientBlockSamples({ architecture, positions }: GradientSource, dim: number): number {
  const width = architecture.layers.reduce((sum, { inputs, outputs }) => sum + inputs + 1 + outputs, 0);
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
      for (const range of inputRanges(layer, block)) {
        cancel.throwIfAborted();
        const gradients = await layerGradients(factors, layer, source, range);
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
  { positions, products }: GradientSource,
  { from, to }: InputRange,
): Promise<Float32Array> {
  const { input, delta } = layers[name];
  const columns = columnRange(input, inputs + 1, from, to);
  const width = to - from;
  if (products !== undefined) return products(columns, delta, { samples, positions, width, outputs });
  const gradients = new Float32Array(samples * width * outputs);
  let place = 0;
  for (let s = 0; s < samples; s++) {
    for (let i = s * width; i < (s + 1) * width; i++) {
      const factor = columns[i];
      for (let j = s * outputs; j < (s + 1) * outputs; j++) gradients[place++] = factor * delta[j];
    }
  }
  return gradients;
}

/** Columns [from, to) of a matrix with `cols` columns. */
function columnRange(matrix: Float32Array, cols: number, from: number, to: number): Float32Array {
  const width = to - from;
  if (width === cols) return matrix;
  const rows = matrix.length / cols;
  const part = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) part.set(matrix.subarray(r * cols + from, r * cols + to), r * width);
  return part;
}

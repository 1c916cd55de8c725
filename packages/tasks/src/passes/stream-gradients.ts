import { type CancelSignal, type RowBlock, sizeOf } from '@attribution-bench/contract';
import { addSparseOuterProduct, type Projector } from '@attribution-bench/numerics';
import type { Architecture, LayerSpec } from '../nn/architecture/layer.js';
import { fillPatchColumns } from '../nn/architecture/patches.js';
import { addChosenEntries } from './chosen-entries.js';

/**
 * What the gradients of consecutive samples are made of, by layer. The gradient of a sample with respect to a layer is the
 * sum over its rows and the layer's positions of input ⊗ delta, where the input ends with a 1 for the bias.
 */
export interface FactorBlock {
  readonly samples: number;
  /**
   * By layer name: input [samples × rows × positions × width], of convolutions the images [samples × rows × ...image] that
   * patches are taken from, and delta [samples × rows × positions × out].
   */
  readonly layers: Readonly<Record<string, { readonly input: Float32Array; readonly delta: Float32Array }>>;
}

export interface GradientSource {
  readonly architecture: Architecture;
  readonly samples: number;
  /** Rows that a sample becomes: 1, or the timesteps that a generator's gradient is averaged over. */
  readonly positions: number;
  /** Samples that factors are computed for at once; smaller blocks share them. */
  readonly samplesAtOnce: number;
  /** Factors of samples [start, start + count), valid until the next call. */
  factors(start: number, count: number): Promise<FactorBlock>;
  /** Sums over rows and positions of input ⊗ delta. */
  readonly products: PositionProducts;
}

/** Numbers that one row has in a factor block. */
export function factorSizes({ patches, positions, width, outputs }: LayerSpec): {
  readonly input: number;
  readonly delta: number;
} {
  return { input: patches === undefined ? positions * width : sizeOf(patches.input), delta: positions * outputs };
}

/**
 * Products of many samples at once.
 * @param input gives that of some samples, [count × positions × width], in their order
 * @param delta [samples × positions × out]
 * @param into filled, [samples × width · out]
 */
export type PositionProducts = (
  input: (start: number, count: number) => Float32Array,
  delta: Float32Array,
  shape: { readonly samples: number; readonly positions: number; readonly width: number; readonly outputs: number },
  into: Float32Array,
) => Promise<void>;

const blockBytes = 2 ** 24;
const mostFactorBytes = 2 ** 29;
const maxBlockSamples = 4096;
const parametersAtOnce = 4096;
/** A matrix product makes about so many elements of a gradient in the time that one takes by itself. */
const productGain = 32;

/**
 * Samples of a block: what keeps the projected rows and the factors within a few times 16 MiB each, or the factors of as
 * many samples as the projection wants within 512 MiB, since its matrix is made again for every block.
 */
export function gradientBlockSamples(
  { architecture, positions }: Pick<GradientSource, 'architecture' | 'positions'>,
  { dim, batch }: Pick<Projector, 'dim' | 'batch'>,
): number {
  const rowSize = architecture.layers.map(factorSizes).reduce((sum, { input, delta }) => sum + input + delta, 0);
  const sampleBytes = 4 * positions * rowSize;
  const byFactors = Math.max(blockBytes / sampleBytes, Math.min(batch, mostFactorBytes / sampleBytes));
  return Math.max(1, Math.min(maxBlockSamples, Math.floor(byFactors), Math.floor(blockBytes / (4 * dim))));
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
  const { architecture, samples, samplesAtOnce } = source;
  const { dim } = projector;
  const block = Math.min(gradientBlockSamples(source, projector), Math.max(samples, 1));
  const data = new Float32Array(block * dim);
  const ranges = new Map(architecture.layers.map((layer) => [layer.name, inputRanges(layer, source, block)]));
  const sizes = architecture.layers.map(({ name, outputs }) => (ranges.get(name)?.[0].to ?? 0) * outputs);
  const gradientScratch = new Float32Array(block * Math.max(...sizes));
  const columnScratch = growing();
  const atOnce = block * Math.max(1, Math.floor(samplesAtOnce / block));
  for (let first = 0; first < samples; first += atOnce) {
    const factors = await source.factors(first, Math.min(atOnce, samples - first));
    for (let start = 0; start < factors.samples; start += block) {
      const rows = Math.min(block, factors.samples - start);
      const projected = data.subarray(0, rows * dim).fill(0);
      for (const layer of architecture.layers) {
        const { outputs } = layer;
        const { input, delta } = samplesOf(factors, layer, start, rows);
        const pairs = source.positions * layer.positions;
        cancel.throwIfAborted();
        if (addedSparsely(projector, layer, { input, delta }, pairs, rows, projected)) continue;
        for (const range of ranges.get(layer.name) ?? []) {
          cancel.throwIfAborted();
          const width = range.to - range.from;
          const gradients = gradientScratch.subarray(0, rows * width * outputs);
          const columns = (from: number, count: number) =>
            inputColumns(layer, rowsOf(input, rows, from, count), range, () => columnScratch(count * pairs * width));
          if (pairs === 1) outerProducts(columns(0, rows), delta, { rows, width, outputs }, gradients);
          else await source.products(columns, delta, { samples: rows, positions: pairs, width, outputs }, gradients);
          await projector.project(gradients, layer.offset + range.from * layer.outputs, projected);
        }
      }
      yield { start: first + start, rows, cols: dim, data: projected };
    }
  }
}

/** Whether a layer's part of the projected rows has been added without its gradients: where entries of P are few. */
function addedSparsely(
  { sparse, dim }: Projector,
  layer: LayerSpec,
  factors: { readonly input: Float32Array; readonly delta: Float32Array },
  pairs: number,
  rows: number,
  projected: Float32Array,
): boolean {
  if (sparse === undefined) return false;
  const { offset, size, outputs, patches } = layer;
  if (pairs === 1 && patches === undefined) {
    for (let start = 0; start < size; start += parametersAtOnce) {
      const entries = sparse.within(offset + start, offset + Math.min(size, start + parametersAtOnce));
      const shape = { batch: rows, outputs, offset: start, columns: dim };
      addSparseOuterProduct(factors.input, factors.delta, entries, shape, projected);
    }
    return true;
  }
  if (sparse.density * productGain > 1) return false;
  addChosenEntries(layer, factors, rows, sparse.within(offset, offset + size), projected);
  return true;
}

/** Inputs [from, to) of a layer, counting the constant 1 of the bias as the last. */
interface InputRange {
  readonly from: number;
  readonly to: number;
}

function inputRanges(layer: LayerSpec, { positions }: GradientSource, rows: number): InputRange[] {
  const { width, outputs, patches } = layer;
  const columns = patches === undefined ? 0 : positions * layer.positions;
  const atOnce = Math.max(1, Math.floor(blockBytes / (4 * rows * Math.max(outputs, columns))));
  const count = Math.ceil(width / atOnce);
  return Array.from({ length: count }, (_, i) => ({ from: i * atOnce, to: Math.min((i + 1) * atOnce, width) }));
}

/** A layer's factors of some samples of a block, as views. */
function samplesOf(
  { samples, layers }: FactorBlock,
  { name }: LayerSpec,
  start: number,
  count: number,
): { readonly input: Float32Array; readonly delta: Float32Array } {
  const { input, delta } = layers[name];
  return { input: rowsOf(input, samples, start, count), delta: rowsOf(delta, samples, start, count) };
}

/** Some rows of a matrix with so many, as a view. */
function rowsOf(matrix: Float32Array, rows: number, start: number, count: number): Float32Array {
  const size = matrix.length / rows;
  return matrix.subarray(start * size, (start + count) * size);
}

/** Gives the first numbers of one array, which grows to the most that were ever asked for. */
function growing(): (size: number) => Float32Array {
  let array = new Float32Array(0);
  return (size) => {
    if (array.length < size) array = new Float32Array(size);
    return array.subarray(0, size);
  };
}

/** Whether a range takes a layer's factors as they are. */
function isWhole({ patches, width }: LayerSpec, { from, to }: InputRange): boolean {
  return patches === undefined && from === 0 && to === width;
}

/** Columns [from, to) of what a layer's matrix is multiplied with at each position; in scratch memory where they are not apart. */
function inputColumns(
  layer: LayerSpec,
  input: Float32Array,
  range: InputRange,
  scratch: () => Float32Array,
): Float32Array {
  if (isWhole(layer, range)) return input;
  const into = scratch();
  const { patches, width: cols } = layer;
  const { from, to } = range;
  const width = to - from;
  if (patches !== undefined) fillPatchColumns(patches, input, from, to, into);
  else {
    const rows = input.length / cols;
    for (let r = 0; r < rows; r++) into.set(input.subarray(r * cols + from, r * cols + to), r * width);
  }
  return into;
}

/** input ⊗ delta of each row, [rows × width · out]. */
function outerProducts(
  input: Float32Array,
  delta: Float32Array,
  { rows, width, outputs }: { readonly rows: number; readonly width: number; readonly outputs: number },
  into: Float32Array,
): void {
  let place = 0;
  for (let row = 0; row < rows; row++) {
    for (let i = row * width; i < (row + 1) * width; i++) {
      const factor = input[i];
      for (let j = row * outputs; j < (row + 1) * outputs; j++) into[place++] = factor * delta[j];
    }
  }
}

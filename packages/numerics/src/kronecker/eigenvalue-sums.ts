import type { FisherFactors } from '@attribution-bench/contract';
import { matmul } from '../matrices/matmul.js';
import type { Eigenbasis, KroneckerBasis } from './kronecker-basis.js';

/** Sums of the squared gradients of samples in the eigenbases of their layers. */
export interface EigenvalueSums {
  add(block: FisherFactors): Promise<void>;
  /** Means over the samples so far in flat order, [p]. */
  values(): Float64Array;
}

const blockBytes = 2 ** 25;

/**
 * The eigenvalue correction of EK-FAC (George et al. 2018, section 3.1): Λ = E[(Q_A G Q_Sᵀ)²] elementwise, where G
 * [width × outputs] is a sample's gradient, summed over the layer's positions, and the rows of the Q are eigenvectors.
 * Products are in float32, sums over blocks in float64.
 */
export function createEigenvalueSums(bases: readonly KroneckerBasis[]): EigenvalueSums {
  const layers = new Map(
    bases.map((basis) => [
      basis.matrix.layer,
      { basis, sums: new Float64Array(basis.matrix.width * basis.matrix.outputs), samples: 0 },
    ]),
  );
  return {
    async add(block) {
      const layer = layers.get(block.matrix.layer);
      if (layer === undefined) return;
      layer.samples += block.samples;
      if (block.positions === 1) await addSquaredProducts(layer.basis, block, layer.sums);
      else for (const part of partsOf(block)) await addSquaredGradients(layer.basis, part, layer.sums);
    },
    values() {
      const flat = new Float64Array([...layers.values()].reduce((sum, { sums }) => sum + sums.length, 0));
      for (const { basis, sums, samples } of layers.values()) {
        flat.set(
          sums.map((sum) => sum / samples),
          basis.matrix.offset,
        );
      }
      return flat;
    },
  };
}

/** One position: (a bᵀ)² = a² (b²)ᵀ, so that one product sums over the samples. */
async function addSquaredProducts(
  { input, delta }: KroneckerBasis,
  block: FisherFactors,
  sums: Float64Array,
): Promise<void> {
  const { width, outputs } = block.matrix;
  const squares = async (rows: Float32Array, size: number, basis: Eigenbasis) =>
    (await rotated(rows, size, basis)).map((value) => value * value);
  const found = await matmul(await squares(block.input, width, input), await squares(block.delta, outputs, delta), {
    m: width,
    k: block.samples,
    n: outputs,
    transposeA: true,
  });
  for (let i = 0; i < sums.length; i++) sums[i] += found[i];
}

/** As many samples of a block at a time as keep their gradients within 32 MiB. */
function* partsOf(block: FisherFactors): Generator<FisherFactors> {
  const { matrix, samples, positions, input, delta } = block;
  const { width, outputs } = matrix;
  const atOnce = Math.max(1, Math.floor(blockBytes / (4 * width * outputs)));
  for (let start = 0; start < samples; start += atOnce) {
    const end = Math.min(samples, start + atOnce);
    yield {
      matrix,
      samples: end - start,
      positions,
      input: input.subarray(start * positions * width, end * positions * width),
      delta: delta.subarray(start * positions * outputs, end * positions * outputs),
    };
  }
}

/**
 * Several positions: sample by sample the sum over them of products, rotated before or after the sum, whichever is less work.
 */
async function addSquaredGradients(
  { input, delta }: KroneckerBasis,
  block: FisherFactors,
  sums: Float64Array,
): Promise<void> {
  const { samples, positions, matrix } = block;
  const { width, outputs } = matrix;
  const late = input.vectors !== undefined && outputs < positions;
  const left = late ? block.input : await rotated(block.input, width, input);
  const right = await rotated(block.delta, outputs, delta);
  const shape = { m: outputs, k: positions, n: width, transposeA: true };
  // Gradients lie transposed, [samples × outputs × width], for the late rotation of their rows.
  const gradients = new Float32Array(samples * outputs * width);
  for (let s = 0; s < samples; s++) {
    await matmul(
      right.subarray(s * positions * outputs, (s + 1) * positions * outputs),
      left.subarray(s * positions * width, (s + 1) * positions * width),
      shape,
      gradients.subarray(s * outputs * width, (s + 1) * outputs * width),
    );
  }
  const found = late ? await rotated(gradients, width, input) : gradients;
  for (let s = 0, at = 0; s < samples; s++) {
    for (let j = 0; j < outputs; j++) {
      for (let i = 0; i < width; i++, at++) sums[i * outputs + j] += found[at] * found[at];
    }
  }
}

/** Rows [any number × size] in the eigenbasis. */
async function rotated(rows: Float32Array, size: number, { vectors }: Eigenbasis): Promise<Float32Array> {
  if (vectors === undefined) return rows;
  return matmul(rows, vectors, { m: rows.length / size, k: size, n: size, transposeB: true });
}

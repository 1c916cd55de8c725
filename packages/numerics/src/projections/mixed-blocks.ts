import type { Projection } from '@attribution-bench/contract';
import { hadamardTransform } from './hadamard.js';
import { batchOf, type Projector, requireRange } from './projector.js';
import { streamState } from './random-bits.js';
import { entriesPerWord, fillSigns } from './random-entries.js';

/** Which stream of a block the signs before and after the transform come from; part of what a seed means. */
const before = 0;
const after = 1;
const rowsAtOnce = 64;

/**
 * `fjlt`: the parameters in blocks of B, the least power of two that is no less than `dim`, the last one filled up with zeros.
 * Block i is mixed, z = D'_i H D_i x_i / √B, and added up, out[c] = Σ_i Σ_r z_i[r] over all r that are c modulo `dim`. H is the
 * Hadamard matrix; the diagonals of D_i and D'_i are random signs that depend on the seed, i and B alone.
 * So each entry of P is a sum of ±1/√B, one where `dim` is B: the fast transform of Ailon and Chazelle 2009 by blocks,
 * without its sampling. E⟨xP, yP⟩ = ⟨x, y⟩, and where `dim` is B what is within a block is kept as it is, so that
 * Var⟨xP, yP⟩ = Σ_{i≠j} (|x_i|² |y_j|² + ⟨x_i, y_i⟩⟨x_j, y_j⟩) / dim, which is less than the variance of `gaussian`.
 * A gradient costs p · log₂ B additions.
 */
export function mixedBlocksProjector({ dim, seed }: Projection, p: number): Projector {
  const size = 2 ** Math.ceil(Math.log2(dim));
  const scale = 1 / Math.sqrt(size);
  const state = new Int32Array(4);
  const signs = [before, after].map(() => new Float32Array(Math.max(size, entriesPerWord)));
  const scratch = new Float64Array(size);

  /** Signs of a block before and after its transform, [size] each; valid until the next call. */
  function signsOf(block: number): readonly Float32Array[] {
    for (const [which, row] of signs.entries()) {
      streamState(seed, block, which, state);
      fillSigns(new Float64Array(row.buffer), 0, row.length, state);
    }
    return signs;
  }

  /** sum[c] += the entries of a mixed block that fall on c. @param part its parameters from place `from` on */
  function addMixed(
    part: Float32Array,
    from: number,
    [first, second]: readonly Float32Array[],
    sum: Float64Array,
  ): void {
    scratch.fill(0, 0, from);
    for (let i = 0; i < part.length; i++) scratch[from + i] = part[i] * first[from + i];
    scratch.fill(0, from + part.length);
    hadamardTransform(scratch);
    for (let r = 0; r < dim; r++) sum[r] += scratch[r] * second[r];
    for (let r = dim; r < size; r++) sum[r - dim] += scratch[r] * second[r];
  }

  return {
    dim,
    gain: 1,
    batch: rowsAtOnce,
    async project(rows, p0, out) {
      const batch = batchOf(rows, p0, out, dim, p);
      const width = batch === 0 ? 0 : rows.length / batch;
      const p1 = p0 + width;
      const sums = Array.from({ length: batch }, () => new Float64Array(dim));
      for (let start = p0; start < p1; ) {
        const block = Math.floor(start / size);
        const from = start - block * size;
        const end = Math.min(p1, (block + 1) * size);
        const own = signsOf(block);
        for (const [b, sum] of sums.entries())
          addMixed(rows.subarray(b * width + start - p0, b * width + end - p0), from, own, sum);
        start = end;
      }
      for (const [b, sum] of sums.entries()) for (let c = 0; c < dim; c++) out[b * dim + c] += sum[c] * scale;
    },
    entries(p0, p1) {
      requireRange(p0, p1, p);
      const out = new Float32Array((p1 - p0) * dim);
      for (let i = p0; i < p1; i++) {
        const block = Math.floor(i / size);
        const place = i - block * size;
        const [first, second] = signsOf(block);
        for (let r = 0; r < size; r++)
          out[(i - p0) * dim + (r % dim)] += scale * first[place] * second[r] * hadamardEntry(r, place);
      }
      return out;
    },
  };
}

/** H[r, j] = (-1)^(number of ones in r & j). */
function hadamardEntry(r: number, j: number): 1 | -1 {
  let ones = 0;
  for (let bits = r & j; bits !== 0; bits &= bits - 1) ones++;
  return ones % 2 === 0 ? 1 : -1;
}

import type { Projection } from '@attribution-bench/contract';
import { requireCount, shapeError } from './errors.js';
import { addMatmul } from './matmul.js';
import { hash32, streamState } from './random-bits.js';
import { entriesPerWord, fillNormals, fillSigns } from './random-entries.js';

/** Columns are generated in tiles with a stream of their own for every parameter; part of what a seed means. */
const tileColumns = 2048;
const rejectedStreams = 2 ** 28;
const blockEntries = 2 ** 19;
const blockParameters = 4096;

/** Rows of length p become rows of length `dim` by a random matrix P [p × dim] that is never held as a whole. */
export interface Projector {
  /** Columns of P; p for `none`. */
  readonly dim: number;
  /** E⟨xP, yP⟩ = gain · ⟨x, y⟩: `dim` for `rademacher` and `gaussian`, 1 for `sjlt` and `none`. */
  readonly gain: number;
  /**
   * out += rows · P[p0..p1), where `out` is [b × dim] and `rows` [b × (p1 - p0)] holds columns p0 on of the [b × p] rows.
   * However the parameters are cut, the sum of the parts is the same up to rounding. Memory: a block, a few MB.
   */
  project(rows: Float32Array, p0: number, out: Float32Array): Promise<void>;
  /** P[p0..p1), [(p1 - p0) × dim]. */
  entries(p0: number, p1: number): Float32Array;
}

/**
 * A random projection of vectors of length `p`. The entry of a parameter and column depends on the seed, the kind and
 * these two alone; for `rademacher` and `gaussian` a smaller `dim` gives the first columns of a larger one.
 * Sources: Achlioptas 2003 (signs), Johnson and Lindenstrauss 1984 (normal), Kane and Nelson 2014 (`sjlt`).
 */
export function createProjector(projection: Projection, p: number): Projector {
  requireCount('createProjector', 'p', p, 0);
  if (projection.kind === 'none') return identityProjector(p);
  requireCount('createProjector', 'dim', projection.dim, 1);
  return projection.kind === 'sjlt' ? sparseProjector(projection, p) : denseProjector(projection, p);
}

/** Rows of the batch, after checking that the shapes fit. */
function batchOf(rows: Float32Array, p0: number, out: Float32Array, dim: number, p: number): number {
  const batch = out.length / dim;
  const width = batch === 0 ? 0 : rows.length / batch;
  if (!Number.isInteger(batch) || !Number.isInteger(width))
    throw shapeError('project', `${rows.length} row elements and ${out.length} output elements are not whole rows`);
  requireRange(p0, p0 + width, p);
  return batch;
}

function requireRange(p0: number, p1: number, p: number): void {
  requireCount('projector', 'the first parameter', p0, 0);
  if (p1 < p0 || p1 > p) throw shapeError('projector', `parameters ${p0} to ${p1} are not within 0 to ${p}`);
}

function denseProjector({ kind, dim, seed }: Projection, p: number): Projector {
  const state = new Int32Array(4);
  const rejected = new Int32Array(4);
  const words = new Int32Array(tileColumns);

  /** P[p0..p1) × tile, [(p1 - p0) × width], written to the start of the buffer. */
  function fillTile(buffer: Float32Array, p0: number, p1: number, tile: number, width: number): void {
    const pairs = new Float64Array(buffer.buffer, buffer.byteOffset, buffer.length / 2);
    for (let i = p0; i < p1; i++) {
      streamState(seed, i, tile, state);
      if (kind === 'rademacher') {
        fillSigns(pairs, (i - p0) * width, width, state);
        continue;
      }
      streamState(seed, i, rejectedStreams + tile, rejected);
      fillNormals(buffer, (i - p0) * width, width, state, rejected, words);
    }
  }

  return {
    dim,
    gain: dim,
    async project(rows, p0, out) {
      const batch = batchOf(rows, p0, out, dim, p);
      const total = batch === 0 ? 0 : rows.length / batch;
      for (let tile = 0; tile * tileColumns < dim; tile++) {
        const { first, columns, width } = tileShape(tile, dim);
        const block = Math.min(blockParameters, Math.floor(blockEntries / width), Math.max(total, 1));
        const buffer = new Float32Array(block * width);
        const sum = new Float32Array(batch * width);
        for (let start = 0; start < total; start += block) {
          const size = Math.min(block, total - start);
          fillTile(buffer, p0 + start, p0 + start + size, tile, width);
          const part = columnsOf(rows, batch, total, start, size);
          await addMatmul(sum, part, buffer.subarray(0, size * width), { m: batch, k: size, n: width });
        }
        for (let b = 0; b < batch; b++) {
          for (let c = 0; c < columns; c++) out[b * dim + first + c] += sum[b * width + c];
        }
      }
    },
    entries(p0, p1) {
      requireRange(p0, p1, p);
      const out = new Float32Array((p1 - p0) * dim);
      for (let tile = 0; tile * tileColumns < dim; tile++) {
        const { first, columns, width } = tileShape(tile, dim);
        const row = new Float32Array(width);
        for (let i = p0; i < p1; i++) {
          fillTile(row, i, i + 1, tile, width);
          out.set(row.subarray(0, columns), (i - p0) * dim + first);
        }
      }
      return out;
    },
  };
}

function tileShape(tile: number, dim: number): { first: number; columns: number; width: number } {
  const first = tile * tileColumns;
  const columns = Math.min(tileColumns, dim - first);
  return { first, columns, width: Math.ceil(columns / entriesPerWord) * entriesPerWord };
}

/** Columns start..start + size of [rows × width], packed. */
function columnsOf(matrix: Float32Array, rows: number, width: number, start: number, size: number): Float32Array {
  if (size === width) return matrix;
  const out = new Float32Array(rows * size);
  for (let r = 0; r < rows; r++) out.set(matrix.subarray(r * width + start, r * width + start + size), r * size);
  return out;
}

function sparseProjector({ dim, seed, sparsity = 1 }: Projection, p: number): Projector {
  requireCount('createProjector', 'sparsity', sparsity, 1);
  if (sparsity > dim) throw shapeError('createProjector', `sparsity ${sparsity} is more than dim ${dim}`);
  const value = 1 / Math.sqrt(sparsity);

  /** Column and sign of the `which`-th entry of parameters p0..p1; entry t falls into the t-th of equal column ranges. */
  function entriesOf(p0: number, p1: number, which: number): { columns: Int32Array; values: Float32Array } {
    const columns = new Int32Array(p1 - p0);
    const values = new Float32Array(p1 - p0);
    const first = Math.floor((which * dim) / sparsity);
    const range = Math.floor(((which + 1) * dim) / sparsity) - first;
    for (let i = p0; i < p1; i++) {
      const bits = hash32(seed, i, which) >>> 0;
      columns[i - p0] = first + Math.floor((bits / 4294967296) * range);
      values[i - p0] = (bits & 1) === 0 ? value : -value;
    }
    return { columns, values };
  }

  return {
    dim,
    gain: 1,
    async project(rows, p0, out) {
      const batch = batchOf(rows, p0, out, dim, p);
      const total = batch === 0 ? 0 : rows.length / batch;
      for (let start = 0; start < total; start += blockParameters) {
        const size = Math.min(blockParameters, total - start);
        for (let which = 0; which < sparsity; which++) {
          const { columns, values } = entriesOf(p0 + start, p0 + start + size, which);
          for (let b = 0; b < batch; b++) scatter(rows, b * total + start, columns, values, out, b * dim);
        }
      }
    },
    entries(p0, p1) {
      requireRange(p0, p1, p);
      const out = new Float32Array((p1 - p0) * dim);
      for (let which = 0; which < sparsity; which++) {
        const { columns, values } = entriesOf(p0, p1, which);
        for (let i = 0; i < columns.length; i++) out[i * dim + columns[i]] = values[i];
      }
      return out;
    },
  };
}

function scatter(
  source: Float32Array,
  from: number,
  columns: Int32Array,
  values: Float32Array,
  out: Float32Array,
  to: number,
): void {
  for (let i = 0; i < columns.length; i++) out[to + columns[i]] += values[i] * source[from + i];
}

function identityProjector(p: number): Projector {
  return {
    dim: p,
    gain: 1,
    async project(rows, p0, out) {
      const batch = batchOf(rows, p0, out, p, p);
      const width = batch === 0 ? 0 : rows.length / batch;
      for (let b = 0; b < batch; b++) {
        for (let c = 0; c < width; c++) out[b * p + p0 + c] += rows[b * width + c];
      }
    },
    entries(p0, p1) {
      requireRange(p0, p1, p);
      const out = new Float32Array((p1 - p0) * p);
      for (let i = p0; i < p1; i++) out[(i - p0) * p + i] = 1;
      return out;
    },
  };
}

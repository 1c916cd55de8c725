import { childSeed, type Projection, type ProjectionKind, Rng } from '@attribution-bench/contract';
import { requireCount, shapeError } from '../errors.js';
import { addMatmul } from '../matrices/matmul.js';
import { addSparseProduct, collectEntries } from '../matrices/sparse-matrix.js';
import { mixedBlocksProjector } from './mixed-blocks.js';
import { batchOf, type Projector, requireRange, type SparseProjection } from './projector.js';
import { streamState } from './random-bits.js';
import { entriesPerWord, fillNormals, fillSigns } from './random-entries.js';
import { addHashed, defaultMaskFactor, randomSubset } from './random-sparse.js';
import { addSignedSums } from './sign-sums.js';

/** Columns are generated in tiles with a stream of their own for every parameter; part of what a seed means. */
const tileColumns = 2048;
const rejectedStreams = 2 ** 28;
const blockEntries = 2 ** 21;
const blockParameters = 4096;
const denseBatch = 256;
/** Columns from which on it pays to make all sums that eight numbers can have. */
const worthTables = 256;
const sparseBatch = 64;

/** A projection whose matrix depends on the number of parameters alone, not on which layer they belong to. */
export type FlatProjection = Projection & { readonly kind: Exclude<ProjectionKind, 'logra' | 'factgrass'> };

/**
 * A random projection of vectors of length `p`. The entry of a parameter and column depends on the seed, the kind and
 * these two alone (of `grass`, whether it is kept, on p and `dim` too; of `fjlt`, on `dim`); for `rademacher` and `gaussian` a smaller `dim`
 * gives the first columns of a larger one.
 * Sources: Achlioptas 2003 (signs), Johnson and Lindenstrauss 1984 (normal), Ailon and Chazelle 2009 (`fjlt`), Kane and Nelson
 * 2014 (`sjlt`), Hu et al. 2025 (`grass`).
 */
export function createProjector(projection: FlatProjection, p: number): Projector {
  requireCount('createProjector', 'p', p, 0);
  if (projection.kind === 'none') return identityProjector(p);
  requireCount('createProjector', 'dim', projection.dim, 1);
  if (projection.kind === 'fjlt') return mixedBlocksProjector(projection, p);
  if (projection.kind === 'sjlt') return sparseProjector(projection.dim, p, hashedEntries(projection));
  return projection.kind === 'grass'
    ? sparseProjector(projection.dim, p, maskedEntries(projection, p))
    : denseProjector(projection, p);
}

function denseProjector({ kind, dim, seed }: Projection, p: number): Projector {
  const state = new Int32Array(4);
  const rejected = new Int32Array(4);
  const words = new Int32Array(tileColumns);
  let scratch = new Float32Array(0);

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
    batch: denseBatch,
    async project(rows, p0, out) {
      const batch = batchOf(rows, p0, out, dim, p);
      const total = batch === 0 ? 0 : rows.length / batch;
      for (let tile = 0; tile * tileColumns < dim; tile++) {
        const { first, columns, width } = tileShape(tile, dim);
        if (kind === 'rademacher' && width >= worthTables) {
          addSignedSums(seed, tile, { rows, parameters: total, batch, first: p0, out, dim, column: first, columns });
          continue;
        }
        const block = Math.min(blockParameters, Math.floor(blockEntries / width), Math.max(total, 1));
        if (scratch.length < block * width) scratch = new Float32Array(block * width);
        const sum = new Float32Array(batch * width);
        for (let start = 0; start < total; start += block) {
          const size = Math.min(block, total - start);
          fillTile(scratch, p0 + start, p0 + start + size, tile, width);
          const part = columnsOf(rows, batch, total, start, size);
          await addMatmul(sum, part, scratch.subarray(0, size * width), { m: batch, k: size, n: width });
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

/** `sjlt`: every parameter has `sparsity` entries, the t-th in the t-th of equal column ranges. */
function hashedEntries({ dim, seed, sparsity = 1 }: Projection): SparseProjection {
  requireCount('createProjector', 'sparsity', sparsity, 1);
  if (sparsity > dim) throw shapeError('createProjector', `sparsity ${sparsity} is more than dim ${dim}`);
  const value = 1 / Math.sqrt(sparsity);
  return {
    density: sparsity,
    within: (p0, p1) =>
      collectEntries((p1 - p0) * sparsity, (add) => {
        for (let which = 0; which < sparsity; which++) {
          const first = Math.floor((which * dim) / sparsity);
          const columns = { first, count: Math.floor(((which + 1) * dim) / sparsity) - first };
          for (let i = p0; i < p1; i++) addHashed(seed, i, which, columns, value, (row, c, v) => add(row - p0, c, v));
        }
      }),
  };
}

/** `grass`: one entry for every parameter that the mask keeps, √(p / kept) in size. */
function maskedEntries({ dim, seed, maskFactor = defaultMaskFactor }: Projection, p: number): SparseProjection {
  const kept = Math.min(p, Math.max(1, Math.round(maskFactor * dim)));
  const mask = randomSubset(new Rng(childSeed(seed, 'mask')), p, kept);
  const scale = Math.sqrt(p / kept);
  return {
    density: kept / Math.max(p, 1),
    within(p0, p1) {
      const [from, to] = [firstAtLeast(mask, p0), firstAtLeast(mask, p1)];
      return collectEntries(to - from, (add) => {
        for (const i of mask.subarray(from, to)) {
          addHashed(seed, i, 0, { first: 0, count: dim }, scale, (row, column, value) => add(row - p0, column, value));
        }
      });
    },
  };
}

/** Where an ascending list first reaches a bound. */
function firstAtLeast(ascending: Int32Array, bound: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sparseProjector(dim: number, p: number, sparse: SparseProjection): Projector {
  return {
    dim,
    gain: 1,
    batch: sparseBatch,
    sparse,
    async project(rows, p0, out) {
      const batch = batchOf(rows, p0, out, dim, p);
      const width = batch === 0 ? 0 : rows.length / batch;
      for (let offset = 0; offset < width; offset += blockParameters) {
        const entries = sparse.within(p0 + offset, p0 + Math.min(width, offset + blockParameters));
        addSparseProduct(rows, entries, { batch, width, offset, columns: dim }, out);
      }
    },
    entries(p0, p1) {
      requireRange(p0, p1, p);
      const out = new Float32Array((p1 - p0) * dim);
      const { rows, columns, values } = sparse.within(p0, p1);
      for (const [e, row] of rows.entries()) out[row * dim + columns[e]] += values[e];
      return out;
    },
  };
}

function identityProjector(p: number): Projector {
  return {
    dim: p,
    gain: 1,
    batch: sparseBatch,
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

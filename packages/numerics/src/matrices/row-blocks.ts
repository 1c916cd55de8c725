import type { RowBlock } from '@attribution-bench/contract';
import { shapeError } from '../errors.js';
import { matmul } from './matmul.js';

/** Scales each row to length 1 in place; a row of zeros stays zero. */
export async function* unitRows(blocks: AsyncIterable<RowBlock>): AsyncGenerator<RowBlock> {
  for await (const block of blocks) {
    const { rows, cols, data } = block;
    const norms = squaredNorms(block);
    for (let row = 0; row < rows; row++) {
      const inverse = norms[row] === 0 ? 0 : 1 / Math.sqrt(norms[row]);
      for (let i = row * cols; i < (row + 1) * cols; i++) data[i] *= inverse;
    }
    yield block;
  }
}

/** The rows of a block in float64, [rows × cols]. */
export function float64Rows({ rows, cols, data }: RowBlock): Float64Array {
  return Float64Array.from(data.subarray(0, rows * cols));
}

/** Squared length of each row of a block, [rows]. */
export function squaredNorms({ rows, cols, data }: RowBlock): Float64Array {
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * cols; i < (row + 1) * cols; i++) sum += data[i] * data[i];
    norms[row] = sum;
  }
  return norms;
}

/**
 * Copies of consecutive rows, as many to a slab as fit `maxBytes` and at least one; what a stream yields next does not
 * change a slab.
 * @param rows how many rows the stream has in all
 */
export async function* rowSlabs(
  blocks: AsyncIterable<RowBlock>,
  rows: number,
  maxBytes: number,
): AsyncGenerator<RowBlock> {
  let slab = new Float32Array(0);
  let start = 0;
  let filled = 0;
  let capacity = 0;
  for await (const block of blocks) {
    const { cols, data } = block;
    if (block.start !== start + filled || block.start + block.rows > rows)
      throw shapeError('rowSlabs', `rows ${block.start} to ${block.start + block.rows} follow row ${start + filled}`);
    for (let row = 0; row < block.rows; row++) {
      if (filled === capacity) {
        capacity = Math.min(rows - start, Math.max(1, Math.floor(maxBytes / (4 * cols))));
        slab = new Float32Array(capacity * cols);
      }
      slab.set(data.subarray(row * cols, (row + 1) * cols), filled * cols);
      filled++;
      if (filled === capacity) {
        yield { start, rows: filled, cols, data: slab };
        start += filled;
        filled = 0;
        capacity = 0;
      }
    }
  }
  if (start + filled !== rows) throw shapeError('rowSlabs', `the stream ended after ${start + filled} of ${rows} rows`);
}

/** All rows of a stream as one block. */
export async function collectRows(blocks: AsyncIterable<RowBlock>, rows: number): Promise<RowBlock> {
  for await (const slab of rowSlabs(blocks, rows, Infinity)) return slab;
  return { start: 0, rows: 0, cols: 0, data: new Float32Array(0) };
}

/** A matrix that lies in memory as one block. @param data [rows × cols] */
export function wholeBlock(data: Float32Array, rows: number): RowBlock {
  return { start: 0, rows, cols: data.length / Math.max(1, rows), data };
}

/** Blocks over an array that is already in memory, [rows × cols], as views of it. */
export async function* blocksOf(data: Float32Array, cols: number, maxRows: number): AsyncGenerator<RowBlock> {
  const rows = data.length / cols;
  for (let start = 0; start < rows; start += maxRows) {
    const count = Math.min(maxRows, rows - start);
    yield { start, rows: count, cols, data: data.subarray(start * cols, (start + count) * cols) };
  }
}

export interface RowProducts {
  readonly left: AsyncIterable<RowBlock>;
  readonly leftRows: number;
  /** Opened again for every slab of the left rows. */
  readonly right: () => AsyncIterable<RowBlock>;
  readonly rightRows: number;
  /** Memory for left rows; default 256 MiB. More left rows than that cost one more pass over the right ones. */
  readonly slabBytes?: number;
  /** [leftRows × rightRows], row-major; scale × (inner product) is added to it. */
  readonly into: Float32Array;
  readonly scale: number;
  /** Called after each block of right rows with the share done, 0 to 1; may throw to stop. */
  onBlock?(share: number): void;
}

/** Adds scale × (inner product of every left row with every right row), holding one slab and one block of rows at a time. */
export async function addRowProducts(request: RowProducts): Promise<void> {
  const { left, leftRows, right, rightRows, slabBytes = 2 ** 28, into, scale, onBlock } = request;
  if (into.length !== leftRows * rightRows)
    throw shapeError('addRowProducts', `into has ${into.length} elements, not ${leftRows} × ${rightRows}`);
  for await (const slab of rowSlabs(left, leftRows, slabBytes)) {
    for await (const block of right()) {
      if (block.cols !== slab.cols)
        throw shapeError('addRowProducts', `rows of ${slab.cols} meet rows of ${block.cols}`);
      const tile = await matmul(slab.data, block.data.subarray(0, block.rows * block.cols), {
        m: slab.rows,
        k: slab.cols,
        n: block.rows,
        transposeB: true,
      });
      for (let i = 0; i < slab.rows; i++) {
        const offset = (slab.start + i) * rightRows + block.start;
        for (let j = 0; j < block.rows; j++) into[offset + j] += scale * tile[i * block.rows + j];
      }
      onBlock?.((slab.start * rightRows + slab.rows * (block.start + block.rows)) / (leftRows * rightRows));
    }
  }
}

export interface SolvedProducts extends Pick<RowProducts, 'rightRows' | 'into' | 'scale' | 'onBlock'> {
  /** [solvedRows × cols], in float64. */
  readonly solved: Float64Array;
  readonly right: AsyncIterable<RowBlock>;
}

/**
 * {@link addRowProducts} with left rows that solve a system of equations, all in float64: where the system is ill
 * conditioned such rows are large and cancel in the products, and float32 would leave their rounding errors.
 */
export async function addSolvedProducts(request: SolvedProducts): Promise<void> {
  const { solved, right, rightRows, into, scale, onBlock } = request;
  const rows = into.length / rightRows;
  for await (const block of right) {
    const { start, cols } = block;
    if (solved.length !== rows * cols)
      throw shapeError('addSolvedProducts', `${solved.length} elements are not ${rows} rows of ${cols}`);
    const others = Float64Array.from(block.data.subarray(0, block.rows * cols));
    const tile = await matmul(solved, others, { m: rows, k: cols, n: block.rows, transposeB: true });
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < block.rows; j++) into[i * rightRows + start + j] += scale * tile[i * block.rows + j];
    onBlock?.((start + block.rows) / rightRows);
  }
}

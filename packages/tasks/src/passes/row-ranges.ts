import { isShared } from '../data/point-array.js';

/** Consecutive ranges of at most `block` of `total` rows. */
export function* rowRanges(
  total: number,
  block: number,
): Generator<{ readonly start: number; readonly count: number }> {
  for (let start = 0; start < total; start += block) yield { start, count: Math.min(block, total - start) };
}

/**
 * Rows [start, start + count) of a matrix, padded with zeros to `block` rows; a view where nothing is missing, unless the matrix is
 * in memory that threads share and that no program takes.
 */
export function paddedRows(
  matrix: Float32Array,
  cols: number,
  start: number,
  count: number,
  block: number,
): Float32Array {
  const rows = matrix.subarray(start * cols, (start + count) * cols);
  if (count === block && !isShared(matrix)) return rows;
  const padded = new Float32Array(block * cols);
  padded.set(rows);
  return padded;
}

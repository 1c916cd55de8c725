import { requireCount, requireLength } from '../errors.js';
import { matmul } from '../matrices/matmul.js';

/** Below this share of |a|² + |b|² a distance from inner products has lost digits, and is summed over differences. */
const CANCELLATION = 1e-3;
const BLOCK_VALUES = 4_000_000;

/** Squared distances of `rows` consecutive points from `start` on to all others, [rows × others], row-major. */
export interface DistanceBlock {
  readonly start: number;
  readonly rows: number;
  readonly data: Float64Array;
}

/**
 * Squared Euclidean distances |a_i - b_j|², [points × others], row-major, from one matrix product; those of nearby
 * points are summed over differences, so copies are at exactly 0 and every distance has some 12 digits.
 * @param a [points × dims]
 * @param b [others × dims]
 */
export async function squaredDistances(a: Float64Array, b: Float64Array, dims: number): Promise<Float64Array> {
  requireCount('squaredDistances', 'dims', dims, 1);
  const points = a.length / dims;
  const others = b.length / dims;
  requireLength('squaredDistances', 'the first set', a, Math.floor(points) * dims);
  requireLength('squaredDistances', 'the second set', b, Math.floor(others) * dims);
  return fill(a, b, dims, points, others, squaredNorms(b, dims));
}

/** The rows of {@link squaredDistances} in blocks of bounded size. */
export async function* squaredDistanceBlocks(
  a: Float64Array,
  b: Float64Array,
  dims: number,
): AsyncGenerator<DistanceBlock> {
  const points = a.length / dims;
  const others = b.length / dims;
  const norms = squaredNorms(b, dims);
  const size = Math.max(1, Math.floor(BLOCK_VALUES / others));
  for (let start = 0; start < points; start += size) {
    const rows = Math.min(size, points - start);
    const part = a.subarray(start * dims, (start + rows) * dims);
    yield { start, rows, data: await fill(part, b, dims, rows, others, norms) };
  }
}

async function fill(
  a: Float64Array,
  b: Float64Array,
  dims: number,
  points: number,
  others: number,
  otherNorms: Float64Array,
): Promise<Float64Array> {
  const distances = await matmul(a, b, { m: points, k: dims, n: others, transposeB: true });
  const norms = squaredNorms(a, dims);
  for (let i = 0; i < points; i++)
    for (let j = 0; j < others; j++) {
      const scale = norms[i] + otherNorms[j];
      const distance = scale - 2 * distances[i * others + j];
      distances[i * others + j] = distance < CANCELLATION * scale ? fromDifferences(a, i, b, j, dims) : distance;
    }
  return distances;
}

function fromDifferences(a: Float64Array, i: number, b: Float64Array, j: number, dims: number): number {
  let sum = 0;
  for (let k = 0; k < dims; k++) sum += (a[i * dims + k] - b[j * dims + k]) ** 2;
  return sum;
}

function squaredNorms(rows: Float64Array, dims: number): Float64Array {
  const norms = new Float64Array(rows.length / dims);
  for (let i = 0; i < norms.length; i++)
    for (let k = 0; k < dims; k++) norms[i] += rows[i * dims + k] * rows[i * dims + k];
  return norms;
}

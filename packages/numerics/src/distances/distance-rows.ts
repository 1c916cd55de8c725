import type { FloatArray } from '../matrices/matmul.js';
import { squaredDistances } from './squared-distances.js';

/** `cosine` is 1 - cos, and 1 where a vector is zero. */
export type Distance = 'squared-euclidean' | 'cosine';

/** Consecutive rows in float64, for `cosine` at length 1. */
export function distanceRows(
  data: FloatArray,
  first: number,
  end: number,
  dims: number,
  distance: Distance,
): Float64Array {
  const rows = Float64Array.from(data.subarray(first * dims, end * dims));
  if (distance !== 'cosine') return rows;
  for (let start = 0; start < rows.length; start += dims) {
    const row = rows.subarray(start, start + dims);
    let largest = 0;
    for (const value of row) largest = Math.max(largest, Math.abs(value));
    if (largest === 0) continue;
    let squares = 0;
    for (const value of row) squares += (value / largest) ** 2;
    const length = Math.sqrt(squares);
    for (let i = 0; i < dims; i++) row[i] = row[i] / largest / length;
  }
  return rows;
}

/** Distances of rows of {@link distanceRows} to each other, [queries × points]. */
export async function distanceBlock(
  queries: Float64Array,
  points: Float64Array,
  dims: number,
  distance: Distance,
): Promise<Float64Array> {
  if (distance === 'squared-euclidean') return squaredDistances(queries, points, dims);
  const distances = (await squaredDistances(queries, points, dims)).map((squared) => squared / 2);
  const [zeroQueries, zeroPoints] = [zeroRows(queries, dims), zeroRows(points, dims)];
  const count = points.length / dims;
  for (const q of zeroQueries) distances.fill(1, q * count, (q + 1) * count);
  for (const p of zeroPoints) for (let at = p; at < distances.length; at += count) distances[at] = 1;
  return distances;
}

function zeroRows(rows: Float64Array, dims: number): number[] {
  const indices = Array.from({ length: rows.length / dims }, (_, row) => row);
  return indices.filter((row) => rows.subarray(row * dims, (row + 1) * dims).every((value) => value === 0));
}

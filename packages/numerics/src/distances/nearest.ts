import { BenchError } from '@attribution-bench/contract';
import { requireCount, requireFinite, requireLength } from '../errors.js';
import type { FloatArray } from '../matrices/matmul.js';
import { squaredDistances } from './squared-distances.js';

const queryRows = 512;
const pointRows = 2048;

export interface NearestRequest {
  /** [queries × dims] */
  readonly queries: FloatArray;
  /** [points × dims] */
  readonly points: FloatArray;
  readonly dims: number;
  /** How many neighbours; at most the number of points. */
  readonly k: number;
  /** `cosine` is 1 - cos, and 1 where a vector is zero. */
  readonly distance: 'squared-euclidean' | 'cosine';
}

export interface Neighbours {
  /** Nearest first, of equal distances the lower index first, [queries × k]. */
  readonly indices: Int32Array;
  /** [queries × k] */
  readonly distances: Float64Array;
}

/**
 * Exact k nearest points of every query, in float64 by blocked matrix products: memory for a block of distances,
 * however many points. Throws `NUMERICS_NOT_FINITE` on NaN or infinity.
 */
export async function nearestNeighbours(request: NearestRequest): Promise<Neighbours> {
  const { queries, points, dims, k, distance } = request;
  requireCount('nearestNeighbours', 'dims', dims, 1);
  const queryCount = Math.floor(queries.length / dims);
  const pointCount = Math.floor(points.length / dims);
  requireLength('nearestNeighbours', 'the queries', queries, queryCount * dims);
  requireLength('nearestNeighbours', 'the points', points, pointCount * dims);
  requireFinite('nearestNeighbours', 'the queries', queries);
  requireFinite('nearestNeighbours', 'the points', points);
  requireCount('nearestNeighbours', 'k', k, 1);
  if (k > pointCount)
    throw new BenchError({
      code: 'NUMERICS_NEIGHBOURS',
      place: 'nearestNeighbours',
      message: `${k} neighbours were asked for, there are ${pointCount} points`,
      next: 'ask for fewer neighbours',
    });

  const indices = new Int32Array(queryCount * k).fill(-1);
  const distances = new Float64Array(queryCount * k).fill(Infinity);
  for (let q0 = 0; q0 < queryCount; q0 += queryRows) {
    const q1 = Math.min(queryCount, q0 + queryRows);
    const queryBlock = rowsOf(queries, q0, q1, dims, distance);
    for (let p0 = 0; p0 < pointCount; p0 += pointRows) {
      const p1 = Math.min(pointCount, p0 + pointRows);
      const pointBlock = rowsOf(points, p0, p1, dims, distance);
      const block = await distanceBlock(queryBlock, pointBlock, dims, distance);
      for (let q = q0; q < q1; q++) {
        const own = {
          indices: indices.subarray(q * k, (q + 1) * k),
          distances: distances.subarray(q * k, (q + 1) * k),
        };
        for (let p = p0; p < p1; p++) keepIfNear(own, p, block[(q - q0) * (p1 - p0) + p - p0]);
      }
    }
  }
  return { indices, distances };
}

/** Rows in float64, for `cosine` at length 1. */
function rowsOf(
  data: FloatArray,
  first: number,
  end: number,
  dims: number,
  distance: NearestRequest['distance'],
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

async function distanceBlock(
  queries: Float64Array,
  points: Float64Array,
  dims: number,
  distance: NearestRequest['distance'],
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

/** Inserts a point into an ascending list if it beats its last; points come in ascending order, so ties stay behind. */
function keepIfNear({ indices, distances }: Neighbours, point: number, distance: number): void {
  let at = distances.length - 1;
  if (distance >= distances[at]) return;
  for (; at > 0 && distance < distances[at - 1]; at--) {
    distances[at] = distances[at - 1];
    indices[at] = indices[at - 1];
  }
  distances[at] = distance;
  indices[at] = point;
}

import { BenchError } from '@attribution-bench/contract';
import { requireCount, requireFinite, requireLength } from '../errors.js';
import type { FloatArray } from '../matrices/matmul.js';
import { type Distance, distanceBlock, distanceRows } from './distance-rows.js';

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
  readonly distance: Distance;
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
    const queryBlock = distanceRows(queries, q0, q1, dims, distance);
    for (let p0 = 0; p0 < pointCount; p0 += pointRows) {
      const p1 = Math.min(pointCount, p0 + pointRows);
      const pointBlock = distanceRows(points, p0, p1, dims, distance);
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

import { requireCount, requireFinite, requireLength, shapeError } from '../errors.js';
import type { FloatArray } from '../matrices/matmul.js';
import { type Distance, distanceBlock, distanceRows } from './distance-rows.js';

const blockValues = 4_000_000;
/** A key of the sort is the bits of a distance in float32, then the index: together no more than a float64 holds exactly. */
const indexRange = 2 ** 21;

export interface DistanceOrderRequest {
  /** [queries × dims] */
  readonly queries: FloatArray;
  /** [points × dims] */
  readonly points: FloatArray;
  readonly dims: number;
  readonly distance: Distance;
}

/**
 * All points in the order of their distance to each query in turn, nearest first, of equal distances the lower index first.
 * Distances are float64, by blocked matrix products. The array that is yielded is filled anew for the next query.
 * Throws `NUMERICS_NOT_FINITE` on NaN or infinity, `NUMERICS_SHAPE` beyond two million points.
 */
export async function* pointsByDistance(request: DistanceOrderRequest): AsyncGenerator<Int32Array> {
  const { queries, points, dims, distance } = request;
  requireCount('pointsByDistance', 'dims', dims, 1);
  const queryCount = Math.floor(queries.length / dims);
  const pointCount = Math.floor(points.length / dims);
  requireLength('pointsByDistance', 'the queries', queries, queryCount * dims);
  requireLength('pointsByDistance', 'the points', points, pointCount * dims);
  requireFinite('pointsByDistance', 'the queries', queries);
  requireFinite('pointsByDistance', 'the points', points);
  if (pointCount > indexRange)
    throw shapeError('pointsByDistance', `${pointCount} points are more than the ${indexRange} that can be sorted`);

  const pointRows = distanceRows(points, 0, pointCount, dims, distance);
  const rowsAtOnce = Math.max(1, Math.floor(blockValues / Math.max(1, pointCount)));
  const sorter = createSorter(pointCount);
  for (let start = 0; start < queryCount; start += rowsAtOnce) {
    const end = Math.min(queryCount, start + rowsAtOnce);
    const queryRows = distanceRows(queries, start, end, dims, distance);
    const block = await distanceBlock(queryRows, pointRows, dims, distance);
    for (let row = 0; row < end - start; row++) yield sorter(block.subarray(row * pointCount, (row + 1) * pointCount));
  }
}

/**
 * Sorts indices by distances that are not negative: float64 keys without a comparison function, some ten times as fast as
 * with one, then an insertion sort of those few that float32 does not tell apart.
 */
function createSorter(count: number): (distances: Float64Array) => Int32Array {
  const rounded = new Float32Array(count);
  const bits = new Uint32Array(rounded.buffer);
  const keys = new Float64Array(count);
  const order = new Int32Array(count);
  return (distances) => {
    rounded.set(distances);
    for (let i = 0; i < count; i++) keys[i] = bits[i] * indexRange + i;
    keys.sort();
    for (let place = 0; place < count; place++) {
      const point = keys[place] % indexRange;
      let at = place;
      for (; at > 0 && distances[point] < distances[order[at - 1]]; at--) order[at] = order[at - 1];
      order[at] = point;
    }
    return order;
  };
}

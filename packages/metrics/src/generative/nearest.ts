import { type Neighbours, nearestNeighbours } from '@attribution-bench/numerics';
import type { Points } from './feature-sets.js';

/** The nearest of others to each point, the first of several at one distance, and its squared distance. */
export async function nearest(points: Points, others: Points): Promise<Neighbours> {
  return neighbours(points, others, 1);
}

/** Squared distance of each point to its `rank`-th nearest other point of the set, [points]. */
export async function neighbourDistances(points: Points, rank: number): Promise<Float64Array> {
  const { indices, distances } = await neighbours(points, points, rank + 1);
  return Float64Array.from({ length: points.count }, (_, i) => {
    const start = i * (rank + 1);
    const itself = indices.subarray(start, start + rank).includes(i);
    return distances[start + rank - (itself ? 0 : 1)];
  });
}

function neighbours(points: Points, others: Points, k: number): Promise<Neighbours> {
  return nearestNeighbours({
    queries: points.data,
    points: others.data,
    dims: points.dims,
    k,
    distance: 'squared-euclidean',
  });
}

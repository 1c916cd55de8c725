import { type CommonSpace, cosineDistance, nearestNeighbours } from '@attribution-bench/numerics';

/** Distances within this share of the k-th smallest count as equal to it: those of copies differ by rounding. */
const SAME = 1e-9;

export type Distance = 'euclidean' | 'cosine';

export interface ContributorRequest {
  /** Space in which candidates are looked for; training points, and queries as the others. */
  readonly recall: CommonSpace;
  /** Space in which candidates are compared again; absent: their distances in the first stand. */
  readonly rerank?: CommonSpace;
  readonly distance: Distance;
  readonly candidates: number;
  /** How many of the candidates contribute; all that are as near as the last of them do too. */
  readonly contributors: number;
}

/** Who contributes to one query, nearest first. */
export interface Contributors {
  readonly points: Int32Array;
  readonly distances: Float64Array;
}

/**
 * The nearest training points of each query by recall and re-ranking (steps 1 and 2 of GMValuator, Yang et al. 2025):
 * candidates from one feature space, ordered by their distance in another. Recall is exact, where the paper quantises.
 * @param between called between queries with how many are done
 */
export async function findContributors(
  { recall, rerank, distance, candidates, contributors }: ContributorRequest,
  between: (done: number) => void,
): Promise<Contributors[]> {
  const points = recall.points.length / recall.dims;
  const k = Math.min(candidates, points);
  const recalled = await nearestNeighbours({
    queries: recall.others,
    points: recall.points,
    dims: recall.dims,
    k,
    distance: distance === 'cosine' ? 'cosine' : 'squared-euclidean',
  });
  const found: Contributors[] = [];
  for (let query = 0; query * recall.dims < recall.others.length; query++) {
    between(query);
    const indices = recalled.indices.subarray(query * k, (query + 1) * k);
    const distances =
      rerank === undefined
        ? recalled.distances
            .slice(query * k, (query + 1) * k)
            .map((value) => (distance === 'euclidean' ? Math.sqrt(value) : value))
        : Float64Array.from(indices, (point) => distanceBetween(rerank, point, query, distance));
    found.push(nearest(indices, distances, contributors));
  }
  return found;
}

function nearest(points: Int32Array, distances: Float64Array, count: number): Contributors {
  const order = Int32Array.from(points.keys()).sort((a, b) => distances[a] - distances[b] || points[a] - points[b]);
  const last = distances[order[Math.min(count, order.length) - 1]];
  const kept = order.filter((at) => distances[at] <= last * (1 + SAME));
  return { points: kept.map((at) => points[at]), distances: Float64Array.from(kept, (at) => distances[at]) };
}

function distanceBetween(
  { points, others, dims }: CommonSpace,
  point: number,
  query: number,
  distance: Distance,
): number {
  const [p, q] = [point * dims, query * dims];
  if (distance === 'cosine') return cosineDistance(points.subarray(p, p + dims), others.subarray(q, q + dims));
  let squares = 0;
  for (let k = 0; k < dims; k++) squares += (points[p + k] - others[q + k]) ** 2;
  return Math.sqrt(squares);
}

import { type CommonSpace, cosineDistance, nearestNeighbours } from '@attribution-bench/numerics';

/** Distances within this share of the k-th smallest count as equal to it: those of copies differ by rounding. */
const SAME = 1e-9;

export type Distance = 'euclidean' | 'cosine';

export interface CandidateRequest {
  /** Space in which candidates are looked for; training points, and queries as the others. */
  readonly recall: CommonSpace;
  /** Space in which candidates are compared again; absent: their distances in the first stand. */
  readonly rerank?: CommonSpace;
  readonly distance: Distance;
  /** How many are looked for. */
  readonly candidates: number;
}

/** Some training points of each query, [queries × candidates]. */
export interface Candidates {
  readonly points: Int32Array;
  readonly distances: Float64Array;
}

/** Who contributes to one query, nearest first. */
export interface Contributors {
  readonly points: Int32Array;
  readonly distances: Float64Array;
}

/**
 * Recall (step 1 of GMValuator, Yang et al. 2025): the nearest training points of each query in one feature space, with
 * their distances in another. It is exact, where the paper quantises.
 * @param between called between queries with how many are done
 */
export async function findCandidates(
  { recall, rerank, distance, candidates }: CandidateRequest,
  between: (done: number) => void,
): Promise<Candidates> {
  const points = recall.points.length / recall.dims;
  const k = Math.min(candidates, points);
  const recalled = await nearestNeighbours({
    queries: recall.others,
    points: recall.points,
    dims: recall.dims,
    k,
    distance: distance === 'cosine' ? 'cosine' : 'squared-euclidean',
  });
  const distances = new Float64Array(recalled.indices.length);
  for (const [at, point] of recalled.indices.entries()) {
    const query = Math.floor(at / k);
    if (at % k === 0) between(query);
    if (rerank !== undefined) distances[at] = distanceBetween(rerank, point, query, distance);
    else distances[at] = distance === 'euclidean' ? Math.sqrt(recalled.distances[at]) : recalled.distances[at];
  }
  return { points: Int32Array.from(recalled.indices), distances };
}

/**
 * Re-ranking (step 2): the `count` nearest candidates of each query; all that are as near as the last of them come in too.
 * @param queries how many there are
 */
export function contributorsAmong({ points, distances }: Candidates, queries: number, count: number): Contributors[] {
  const k = points.length / queries;
  return Array.from({ length: queries }, (_, query) => {
    const [from, to] = [query * k, (query + 1) * k];
    return nearest(points.subarray(from, to), distances.subarray(from, to), count);
  });
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

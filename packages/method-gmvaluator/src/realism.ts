import { type CommonSpace, nearestNeighbours, squaredDistanceBlocks } from '@attribution-bench/numerics';

const NEIGHBOURS = 3;

/**
 * Realism of each query (equation 3 of Kynkäänniemi et al. 2019, arXiv:1904.06991), at most 1: the largest ratio of a
 * training point's distance to its third-nearest other point and its distance to the query, over the half of the
 * training points that lie closest together. 1 means that a query lies among training points.
 * @returns [queries]
 */
export async function realism({ points, others, dims }: CommonSpace, between: () => void): Promise<Float64Array> {
  const count = points.length / dims;
  const scores = new Float64Array(others.length / dims);
  if (count <= NEIGHBOURS) return scores.fill(1);
  between();
  const radii = await neighbourDistances(points, dims, count);
  const median = radii.slice().sort()[Math.floor((count - 1) / 2)];
  for await (const { start, rows, data } of squaredDistanceBlocks(others, points, dims)) {
    between();
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < count; i++) {
        if (radii[i] > median) continue;
        const squared = data[row * count + i];
        const ratio = squared <= radii[i] ? 1 : Math.sqrt(radii[i] / squared);
        scores[start + row] = Math.max(scores[start + row], ratio);
      }
  }
  return scores;
}

/** Squared distance of each point to its third-nearest other point, [points]. */
async function neighbourDistances(points: Float64Array, dims: number, count: number): Promise<Float64Array> {
  const k = NEIGHBOURS + 1;
  const request = { queries: points, points, dims, k, distance: 'squared-euclidean' } as const;
  const { indices, distances } = await nearestNeighbours(request);
  return Float64Array.from({ length: count }, (_, i) => {
    const itself = indices.subarray(i * k, i * k + NEIGHBOURS).includes(i);
    return distances[i * k + NEIGHBOURS - (itself ? 0 : 1)];
  });
}

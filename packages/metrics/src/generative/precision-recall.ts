import { squaredDistanceBlocks } from '@attribution-bench/numerics';
import { type FeatureSets, type Points, pointsOf } from './feature-sets.js';

/** Both between 0 and 1. */
export interface PrecisionRecall {
  /** Share of generated points that lie among real ones. */
  readonly precision: number;
  /** Share of real points that lie among generated ones. */
  readonly recall: number;
}

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991): a point lies among others when it is within
 * the distance of one of them to its `neighbours`-th nearest. Real points are the training points.
 * @throws BenchError GENERATIVE_FEATURES for a set of no more than `neighbours` points
 */
export async function precisionRecall(
  sets: Pick<FeatureSets, 'train' | 'generated'>,
  neighbours = 3,
): Promise<PrecisionRecall> {
  const train = pointsOf('train', sets.train, neighbours + 1);
  const generated = pointsOf('generated', sets.generated, neighbours + 1);
  return {
    precision: await shareAmong(generated, train, neighbours),
    recall: await shareAmong(train, generated, neighbours),
  };
}

async function shareAmong(points: Points, manifold: Points, neighbours: number): Promise<number> {
  const radii = await neighbourDistances(manifold, neighbours);
  let inside = 0;
  for await (const { rows, data } of squaredDistanceBlocks(points.data, manifold.data, points.dims))
    for (let row = 0; row < rows; row++)
      if (radii.some((radius, j) => data[row * manifold.count + j] < radius)) inside++;
  return inside / points.count;
}

/** Squared distance of each point to its `neighbours`-th nearest other point, [points]. */
async function neighbourDistances({ data, count, dims }: Points, neighbours: number): Promise<Float64Array> {
  const radii = new Float64Array(count);
  const least = new Float64Array(neighbours);
  for await (const { start, rows, data: distances } of squaredDistanceBlocks(data, data, dims))
    for (let i = start; i < start + rows; i++) {
      least.fill(Infinity);
      for (let j = 0; j < count; j++) if (j !== i) insert(least, distances[(i - start) * count + j]);
      radii[i] = least[neighbours - 1];
    }
  return radii;
}

/** Keeps the smallest values, ascending. */
function insert(least: Float64Array, value: number): void {
  let at = least.length - 1;
  if (value >= least[at]) return;
  for (; at > 0 && least[at - 1] > value; at--) least[at] = least[at - 1];
  least[at] = value;
}

import { squaredDistanceBlocks } from '@attribution-bench/numerics';
import { type FeatureSets, type Points, pointsOf } from './feature-sets.js';
import { neighbourDistances } from './nearest.js';

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
 * @throws BenchError GENERATIVE_UNDEFINED for a set of no more than `neighbours` points
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
      if (radii.some((radius, j) => data[row * manifold.count + j] <= radius)) inside++;
  return inside / points.count;
}

import { type FeatureSets, type Permutation, pointsOf, sample, undefinedBecause } from './feature-sets.js';
import { nearest, neighbourDistances } from './nearest.js';

const LARGEST_SAMPLE = 10_000;

/**
 * Percentage of generated points that are farther from their nearest training point than that point is from its own
 * nearest (Alaa et al. 2022, arXiv:2102.08921): low means copied. At most 10,000 points of either set are used. The
 * published code of feature likelihood divergence reports this minus 50.
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function authenticPercentage(
  sets: Pick<FeatureSets, 'train' | 'generated'>,
  permutation: Permutation,
): Promise<number> {
  const train = sample(pointsOf('train', sets.train, 2), LARGEST_SAMPLE, permutation);
  const generated = sample(pointsOf('generated', sets.generated), LARGEST_SAMPLE, permutation);
  const own = await neighbourDistances(train, 1);
  if (own.every((distance) => distance === 0))
    throw undefinedBecause('every training point has a copy among the others, so nearness to it has no scale');
  const { distances, indices } = await nearest(generated, train);
  let authentic = 0;
  for (const [j, distance] of distances.entries()) if (own[indices[j]] < distance) authentic++;
  return (100 * authentic) / generated.count;
}

import { fitCentredMixture, logDensities, mean } from '@attribution-bench/numerics';
import {
  areCopies,
  type FeatureSets,
  type Permutation,
  pick,
  pointsOf,
  sample,
  standardised,
  undefinedBecause,
} from './feature-sets.js';

const LARGEST_SAMPLE = 10_000;

/** How likely generated points are under Gaussians around held-out ones. */
export interface FeatureLikelihoodPrecision {
  /** 100 × (negative log likelihood a dimension of generated points - that of training points): lower is better. */
  readonly divergence: number;
  /** Log likelihood a dimension of each generated point, [generated]: high looks real. */
  readonly quality: Float64Array;
}

/**
 * The precision side of feature likelihood divergence (Jiralerspong et al. 2023): a mixture of Gaussians around held-out
 * points is fitted to the training points and evaluated on generated ones; the baseline evaluates one half of the
 * training points with the mixture fitted to the other.
 * @param permutation random orders of the training points and, where they are sampled, of the others
 * @param between called between blocks of work; what it throws ends the computation
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function featureLikelihoodPrecision(
  sets: FeatureSets,
  permutation: Permutation,
  between: () => void = () => {},
): Promise<FeatureLikelihoodPrecision> {
  const everyTest = pointsOf('test', sets.test, 2);
  const generated = sample(pointsOf('generated', sets.generated), LARGEST_SAMPLE, permutation);
  const test = sample(everyTest, LARGEST_SAMPLE, permutation);
  const points = standardised(test, { train: pointsOf('train', sets.train, 2), test, generated });
  const { dims } = points.train;
  const train = pick(points.train, permutation(points.train.count)).data;

  const mixture = await fitCentredMixture(points.test.data, train, dims, between);
  const quality = (await logDensities(mixture, points.generated.data, between)).map((density) => density / dims);

  const half = Math.min(LARGEST_SAMPLE, Math.floor(points.train.count / 2)) * dims;
  const baseline = await fitCentredMixture(points.test.data, train.subarray(half), dims, between);
  const real = await logDensities(baseline, train.subarray(0, half), between);
  if (areCopies(mixture.nearest, dims) || areCopies(baseline.nearest, dims))
    throw undefinedBecause(
      'every held-out point is a copy of a training point, so the Gaussians around them have no width',
    );
  return { divergence: 100 * (mean(real) / dims - mean(quality)), quality };
}

import { fitCentredMixture, logDensities, logGaussian, mean } from '@attribution-bench/numerics';
import {
  areCopies,
  type FeatureSets,
  type Permutation,
  type Points,
  pick,
  pointsOf,
  sample,
  standardised,
} from './feature-sets.js';
import { nearest } from './nearest.js';

/** Generated points beyond this many are sampled. */
export const LARGEST_SAMPLE = 10_000;

/** How likely real points are under Gaussians around generated ones. Percentages of nats per dimension, where it says so. */
export interface FeatureLikelihood {
  /**
   * Feature likelihood divergence of held-out points: 100 × (negative log likelihood a dimension - baseline). Lower is
   * better, near 0 perfect, beyond 1000 copied. Undefined, and so are the next two, where `obstacle` says why.
   */
  readonly divergence: number | undefined;
  /** Divergence of the training points. */
  readonly trainDivergence: number | undefined;
  /** 100 × (negative log likelihood a dimension of training points - that of held-out ones): below 0 is overfitted. */
  readonly generalisationGap: number | undefined;
  /** What keeps these from being computed, in words; undefined where nothing does. */
  readonly obstacle: string | undefined;
  /** Negative log likelihood a dimension of held-out points around one half of the training points. */
  readonly baseline: number;
  /** Log variance fitted to each generated point, [generated]. */
  readonly logVariances: Float64Array;
  /** Largest log likelihood a dimension of a training point around each generated one, [generated]: high is copied. */
  readonly memorisation: Float64Array;
  /** Training point nearest to each generated one, of the first of several at one distance, [generated]. */
  readonly nearestTraining: Int32Array;
  /** Root mean squared difference a dimension to it, and to the nearest held-out point, [generated] each. */
  readonly trainingDistances: Float64Array;
  readonly heldoutDistances: Float64Array;
  /** Percentage of generated points nearer to a training point than to any held-out one. */
  readonly overfitted: number;
  /** What that would be for points that know neither set: the share of training points. */
  readonly overfittedByChance: number;
  /** Negative log likelihood a dimension of each held-out and of each training point. */
  readonly testLosses: Float64Array;
  readonly trainLosses: Float64Array;
}

/**
 * Feature likelihood divergence and what comes with it (Jiralerspong et al. 2023, arXiv:2302.04440): a mixture of
 * Gaussians around generated points is fitted to the training points and evaluated on held-out ones; the baseline is the
 * same with half of the training points in the place of generated ones. Features are standardised by the test points.
 * At most 10,000 generated points are used.
 * @param permutation random orders of the training and, where they are sampled, of the generated points
 * @param between called between blocks of work; what it throws ends the computation
 * @throws BenchError GENERATIVE_FEATURES, and GENERATIVE_UNDEFINED where it cannot be computed
 */
export async function featureLikelihood(
  sets: FeatureSets,
  permutation: Permutation,
  between: () => void = () => {},
): Promise<FeatureLikelihood> {
  const test = pointsOf('test', sets.test, 2);
  const generated = sample(pointsOf('generated', sets.generated), LARGEST_SAMPLE, permutation);
  const points = standardised(test, { train: pointsOf('train', sets.train, 2), test, generated });
  const { dims } = points.train;
  const order = permutation(points.train.count);
  const train = pick(points.train, order);

  const mixture = await fitCentredMixture(points.generated.data, train.data, dims, between);
  const testLosses = await losses(mixture, points.test, between);
  const trainLosses = await losses(mixture, points.train, between);
  const testLoss = mean(testLosses);
  const trainLoss = mean(trainLosses);

  const half = Math.min(points.generated.count, Math.floor(train.count / 2));
  const halves = await fitCentredMixture(
    train.data.subarray(0, half * dims),
    train.data.subarray(half * dims),
    dims,
    between,
  );
  const baseline = mean(await losses(halves, points.test, between));

  const toTest = await nearest(points.generated, points.test);
  const toTrain = await nearest(points.generated, points.train);
  const perDimension = (squared: number) => Math.sqrt(squared / dims);
  let overfitted = 0;
  for (const [j, distance] of mixture.nearest.entries()) if (distance < toTest.distances[j]) overfitted++;
  const obstacle = areCopies(mixture.nearest, dims)
    ? 'every generated point is a copy of a training point, so the Gaussians around them have no width'
    : areCopies(halves.nearest, dims)
      ? 'every training point of one half has a copy in the other, so the baseline has no width'
      : undefined;
  const defined = (value: number) => (obstacle === undefined ? value : undefined);
  return {
    divergence: defined(100 * (testLoss - baseline)),
    trainDivergence: defined(100 * (trainLoss - baseline)),
    generalisationGap: defined(100 * (trainLoss - testLoss)),
    obstacle,
    baseline,
    logVariances: mixture.logVariances,
    memorisation: mixture.nearest.map((distance, j) => logGaussian(distance, mixture.logVariances[j], dims) / dims),
    nearestTraining: toTrain.indices,
    trainingDistances: toTrain.distances.map(perDimension),
    heldoutDistances: toTest.distances.map(perDimension),
    overfitted: (100 * overfitted) / points.generated.count,
    overfittedByChance: (100 * train.count) / (train.count + points.test.count),
    testLosses,
    trainLosses,
  };
}

/** Negative log density a dimension, [points]. */
async function losses(
  mixture: Parameters<typeof logDensities>[0],
  points: Points,
  between: () => void,
): Promise<Float64Array> {
  return (await logDensities(mixture, points.data, between)).map((density) => -density / points.dims);
}

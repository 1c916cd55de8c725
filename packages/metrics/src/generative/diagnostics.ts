import { childSeed, Rng, type Seed } from '@attribution-bench/contract';
import { authenticPercentage } from './authenticity.js';
import { dataCopying } from './data-copying.js';
import { featureLikelihood, LARGEST_SAMPLE } from './feature-likelihood.js';
import { featureLikelihoodPrecision } from './feature-likelihood-precision.js';
import type { FeatureSets } from './feature-sets.js';
import { frechetDistance } from './frechet-distance.js';
import { kernelDistance } from './kernel-distance.js';
import { precisionRecall } from './precision-recall.js';

/** One number that says something of a generator as a whole. */
export interface GeneratorDiagnostic {
  readonly id: string;
  readonly title: string;
  /** What it says something about: nearness to the data as a whole, quality and variety, or memorisation. */
  readonly group: 'distance' | 'quality' | 'memorisation';
  /** Which way is better; `zero`: neither side of 0. */
  readonly better: 'lower' | 'higher' | 'zero';
  /** Undefined where there are too few points for it. */
  readonly value: number | undefined;
}

/** What each generated point is like, in their order. */
export interface GeneratedSamples {
  /** Largest log likelihood a dimension of a training point around each generated one, [generated]: high is copied. */
  readonly memorisation: Float64Array;
  /** Nearest training point, [generated]. */
  readonly nearestTraining: Int32Array;
  /**
   * Root mean squared difference a dimension to it, and to the nearest held-out point, [generated] each, in standard
   * deviations of held-out points.
   */
  readonly trainingDistances: Float64Array;
  readonly heldoutDistances: Float64Array;
}

/** What a generator's samples are like as a whole and one by one; the latter up to 10,000 samples. */
export interface GeneratorDiagnostics {
  readonly diagnostics: readonly GeneratorDiagnostic[];
  readonly samples?: GeneratedSamples;
}

/**
 * What a generator's samples are like beside the points it was trained on and held-out ones, in one feature space.
 * @param seed of the samples and splits that some of the numbers take
 * @param between called between blocks of work; what it throws ends the computation
 * @throws BenchError GENERATIVE_FEATURES for fewer than 4 points in a set, or features that are not finite
 */
export async function generatorDiagnostics(
  sets: FeatureSets,
  seed: Seed,
  between: () => void = () => {},
): Promise<GeneratorDiagnostics> {
  const stream = (name: string) => {
    between();
    return new Rng(childSeed(seed, name));
  };
  const permutation = (name: string) => {
    const rng = stream(name);
    return (count: number) => rng.permutation(count);
  };
  const draw = (name: string) => {
    const rng = stream(name);
    return (count: number, size: number) => rng.subset(count, size);
  };
  const likelihood = await featureLikelihood(sets, permutation('fld'), between);
  const precision = await featureLikelihoodPrecision(sets, permutation('fld-p'), between);
  const copying = await dataCopying(sets, stream('data-copying'));
  const manifold = await precisionRecall(sets);
  const diagnostics = [
    lower('distance', 'fld', 'Feature likelihood divergence (FLD)', likelihood.divergence),
    lower('distance', 'fld-train', 'FLD of training points', likelihood.trainDivergence),
    lower('distance', 'fid-test', 'Fréchet distance to held-out points (FID)', await frechetDistance(sets, 'test')),
    lower('distance', 'fid-train', 'Fréchet distance to training points', await frechetDistance(sets, 'train')),
    lower(
      'distance',
      'kid-test',
      'Kernel distance to held-out points (KID)',
      await kernelDistance(sets, 'test', draw('kid-test')),
    ),
    lower(
      'distance',
      'kid-train',
      'Kernel distance to training points',
      await kernelDistance(sets, 'train', draw('kid-train')),
    ),
    lower('quality', 'fld-p', 'FLD precision', precision.divergence),
    higher('quality', 'precision', 'Precision', manifold.precision),
    higher('quality', 'recall', 'Recall', manifold.recall),
    zero('memorisation', 'fld-gap', 'FLD generalisation gap; below 0: overfitted', likelihood.generalisationGap),
    lower(
      'memorisation',
      'fld-overfitted',
      `Nearer to training than to held-out points, % (by chance ${likelihood.overfittedByChance.toFixed(0)})`,
      likelihood.overfitted,
    ),
    zero('memorisation', 'ct', 'Data-copying test C_T; far below 0: copied', copying.statistic),
    higher(
      'memorisation',
      'authenticity',
      'Authentic, %',
      await authenticPercentage(sets, permutation('authenticity')),
    ),
  ];
  const { memorisation, nearestTraining, trainingDistances, heldoutDistances } = likelihood;
  const inOrder = sets.generated.shape[0] <= LARGEST_SAMPLE;
  return {
    diagnostics,
    ...(inOrder ? { samples: { memorisation, nearestTraining, trainingDistances, heldoutDistances } } : {}),
  };
}

type Make = (
  group: GeneratorDiagnostic['group'],
  id: string,
  title: string,
  value: number | undefined,
) => GeneratorDiagnostic;
const lower: Make = (group, id, title, value) => ({ group, id, title, better: 'lower', value });
const higher: Make = (group, id, title, value) => ({ group, id, title, better: 'higher', value });
const zero: Make = (group, id, title, value) => ({ group, id, title, better: 'zero', value });

import { childSeed, Rng, type Seed } from '@attribution-bench/contract';
import { authenticPercentage } from './authenticity.js';
import { dataCopying } from './data-copying.js';
import { featureLikelihood } from './feature-likelihood.js';
import { featureLikelihoodPrecision } from './feature-likelihood-precision.js';
import type { FeatureSets } from './feature-sets.js';
import { frechetDistance } from './frechet-distance.js';
import { kernelDistance } from './kernel-distance.js';
import { precisionRecall } from './precision-recall.js';

/** One number that says something of a generator as a whole. */
export interface GeneratorDiagnostic {
  readonly id: string;
  readonly title: string;
  /** Which way is better; `zero`: neither side of 0. */
  readonly better: 'lower' | 'higher' | 'zero';
  /** Undefined where there are too few points for it. */
  readonly value: number | undefined;
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
): Promise<readonly GeneratorDiagnostic[]> {
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
  return [
    lower('fld', 'Feature likelihood divergence (FLD)', likelihood.divergence),
    lower('fld-train', 'FLD of training points', likelihood.trainDivergence),
    zero('fld-gap', 'FLD generalisation gap; below 0: overfitted', likelihood.generalisationGap),
    lower('fld-p', 'FLD precision', precision.divergence),
    lower(
      'fld-overfitted',
      `Nearer to training than to held-out points, % (by chance ${likelihood.overfittedByChance.toFixed(0)})`,
      likelihood.overfitted,
    ),
    lower('fid-train', 'Fréchet distance to training points', await frechetDistance(sets, 'train')),
    lower('fid-test', 'Fréchet distance to held-out points', await frechetDistance(sets, 'test')),
    lower('kid-train', 'Kernel distance to training points', await kernelDistance(sets, 'train', draw('kid-train'))),
    lower('kid-test', 'Kernel distance to held-out points', await kernelDistance(sets, 'test', draw('kid-test'))),
    zero('ct', 'Data-copying test C_T; far below 0: copied', copying.statistic),
    higher('authenticity', 'Authentic, %', await authenticPercentage(sets, permutation('authenticity'))),
    higher('precision', 'Precision', manifold.precision),
    higher('recall', 'Recall', manifold.recall),
  ];
}

type Make = (id: string, title: string, value: number | undefined) => GeneratorDiagnostic;
const lower: Make = (id, title, value) => ({ id, title, better: 'lower', value });
const higher: Make = (id, title, value) => ({ id, title, better: 'higher', value });
const zero: Make = (id, title, value) => ({ id, title, better: 'zero', value });

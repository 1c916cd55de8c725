import { BenchError, childSeed, Rng, type Seed } from '@attribution-bench/contract';
import { authenticPercentage } from './authenticity.js';
import { type DataCopying, dataCopying } from './data-copying.js';
import { type FeatureLikelihood, featureLikelihood, LARGEST_SAMPLE } from './feature-likelihood.js';
import { featureLikelihoodPrecision } from './feature-likelihood-precision.js';
import type { FeatureSets } from './feature-sets.js';
import { frechetDistance } from './frechet-distance.js';
import { kernelDistance } from './kernel-distance.js';
import { type PrecisionRecall, precisionRecall } from './precision-recall.js';

/** One number that says something of a generator as a whole. */
export interface GeneratorDiagnostic {
  readonly id: string;
  readonly title: string;
  /** What it says something about: nearness to the data as a whole, quality and variety, or memorisation. */
  readonly group: 'distance' | 'quality' | 'memorisation';
  /** Which way is better; `zero`: neither side of 0. */
  readonly better: 'lower' | 'higher' | 'zero';
  /** Absent where it cannot be computed; `note` then says why. */
  readonly value?: number;
  /** In words: why there is no value, or what to bear in mind with it. */
  readonly note?: string;
}

/** What each generated point is like, in their order. */
export interface GeneratedSamples {
  /** Largest log likelihood per dimension of a training point around each generated one, [generated]: high is copied. */
  readonly memorisation: Float64Array;
  /** Nearest training point, [generated]. */
  readonly nearestTraining: Int32Array;
  /**
   * Root mean squared difference per dimension to it, and to the nearest held-out point, [generated] each, in standard
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
 * @throws BenchError GENERATIVE_FEATURES for features that are not finite, or of another shape
 */
export async function generatorDiagnostics(
  sets: FeatureSets,
  seed: Seed,
  between: () => void = () => {},
): Promise<GeneratorDiagnostics> {
  const draws = openDraws(seed, between);
  const likelihood = await attempt(() => featureLikelihood(sets, draws.permutation('fld'), between));
  const manifold = await attempt(() => precisionRecall(sets));
  const copying = await attempt(() => dataCopying(sets, draws.stream('data-copying')));
  const diagnostics = [
    ...nearnessDiagnostics(likelihood),
    ...(await distanceDiagnostics(sets, draws)),
    ...(await qualityDiagnostics(sets, draws, manifold, between)),
    ...(await memorisationDiagnostics(sets, draws, likelihood, copying)),
  ];
  if ('note' in likelihood || sets.generated.shape[0] > LARGEST_SAMPLE) return { diagnostics };
  const { memorisation, nearestTraining, trainingDistances, heldoutDistances } = likelihood.result;
  return { diagnostics, samples: { memorisation, nearestTraining, trainingDistances, heldoutDistances } };
}

/** Random streams by name, so that no number depends on which others are computed. */
interface Draws {
  stream(name: string): Rng;
  permutation(name: string): (count: number) => Int32Array;
  subset(name: string): (count: number, size: number) => Int32Array;
}

function openDraws(seed: Seed, between: () => void): Draws {
  const stream = (name: string) => {
    between();
    return new Rng(childSeed(seed, name));
  };
  return {
    stream,
    permutation(name) {
      const rng = stream(name);
      return (count) => rng.permutation(count);
    },
    subset(name) {
      const rng = stream(name);
      return (count, size) => rng.subset(count, size);
    },
  };
}

function nearnessDiagnostics(likelihood: Attempted<FeatureLikelihood>): GeneratorDiagnostic[] {
  const fld = pick(likelihood, ({ divergence }) => divergence);
  const ofTraining = pick(likelihood, ({ trainDivergence }) => trainDivergence);
  return [
    lower('distance', 'fld', 'Feature likelihood divergence (FLD)', fld),
    lower('distance', 'fld-train', 'FLD of training points', ofTraining),
  ];
}

async function distanceDiagnostics(sets: FeatureSets, draws: Draws): Promise<GeneratorDiagnostic[]> {
  const frechet = async (reference: 'train' | 'test') => ({
    ...(await single(() => frechetDistance(sets, reference))),
    ...rankNote(sets, reference),
  });
  const kernel = (reference: 'train' | 'test') =>
    single(() => kernelDistance(sets, reference, draws.subset(`kid-${reference}`)));
  return [
    lower('distance', 'fid-test', 'Fréchet distance to held-out points (FID)', await frechet('test')),
    lower('distance', 'fid-train', 'Fréchet distance to training points', await frechet('train')),
    lower('distance', 'kid-test', 'Kernel distance to held-out points (KID)', await kernel('test')),
    lower('distance', 'kid-train', 'Kernel distance to training points', await kernel('train')),
  ];
}

async function qualityDiagnostics(
  sets: FeatureSets,
  draws: Draws,
  manifold: Attempted<PrecisionRecall>,
  between: () => void,
): Promise<GeneratorDiagnostic[]> {
  const likelihoodPrecision = await single(
    async () => (await featureLikelihoodPrecision(sets, draws.permutation('fld-p'), between)).divergence,
  );
  const precision = pick(manifold, (found) => found.precision);
  const recall = pick(manifold, (found) => found.recall);
  return [
    lower('quality', 'fld-p', 'FLD precision', likelihoodPrecision),
    higher('quality', 'precision', 'Precision', precision),
    higher('quality', 'recall', 'Recall', recall),
  ];
}

async function memorisationDiagnostics(
  sets: FeatureSets,
  draws: Draws,
  likelihood: Attempted<FeatureLikelihood>,
  copying: Attempted<DataCopying>,
): Promise<GeneratorDiagnostic[]> {
  const [train, test] = [sets.train.shape[0], sets.test.shape[0]];
  const nearer = `Nearer to training than to held-out points, % (by chance ${((100 * train) / (train + test)).toFixed(0)})`;
  const gap = pick(likelihood, ({ generalisationGap }) => generalisationGap);
  const overfitted = pick(likelihood, (found) => found.overfitted);
  const statistic = pick(copying, (found) => found.statistic);
  const authentic = await single(() => authenticPercentage(sets, draws.permutation('authenticity')));
  return [
    zero('memorisation', 'fld-gap', 'FLD generalisation gap; below 0: overfitted', gap),
    lower('memorisation', 'fld-overfitted', nearer, overfitted),
    zero('memorisation', 'ct', 'Data-copying test C_T; far below 0: copied', statistic),
    higher('memorisation', 'authenticity', 'Authentic, %', authentic),
  ];
}

type Attempted<T> = { readonly result: T } | { readonly note: string };

type Found = Pick<GeneratorDiagnostic, 'value' | 'note'>;

/** A result, or the words in which it says that it is undefined for these points. */
async function attempt<T>(compute: () => Promise<T>): Promise<Attempted<T>> {
  try {
    return { result: await compute() };
  } catch (error) {
    if (error instanceof BenchError && error.code === 'GENERATIVE_UNDEFINED') return { note: error.message };
    throw error;
  }
}

/** One number of a result. */
function pick<T>(
  attempted: Attempted<T & { readonly obstacle?: string | undefined }>,
  value: (result: T) => number | undefined,
): Found {
  return 'note' in attempted ? attempted : found(value(attempted.result), attempted.result.obstacle);
}

async function single(compute: () => Promise<number>): Promise<Found> {
  const attempted = await attempt(compute);
  return 'note' in attempted ? attempted : found(attempted.result);
}

function found(value: number | undefined, obstacle?: string): Found {
  if (value === undefined) return obstacle === undefined ? {} : { note: obstacle };
  return Number.isFinite(value) ? { value } : { note: `it is ${value}` };
}

/** Where a covariance is fitted to no more points than there are dimensions. */
function rankNote({ generated, ...real }: FeatureSets, reference: 'train' | 'test'): Pick<Found, 'note'> {
  const [count, dims] = generated.shape;
  const fewest = Math.min(count, real[reference].shape[0]);
  if (fewest < 2 || fewest > dims) return {};
  return {
    note: `too high by an amount that depends on their number: ${fewest} points span at most ${fewest - 1} of ${dims} dimensions`,
  };
}

type Make = (group: GeneratorDiagnostic['group'], id: string, title: string, value: Found) => GeneratorDiagnostic;
const lower: Make = (group, id, title, value) => ({ group, id, title, better: 'lower', ...value });
const higher: Make = (group, id, title, value) => ({ group, id, title, better: 'higher', ...value });
const zero: Make = (group, id, title, value) => ({ group, id, title, better: 'zero', ...value });

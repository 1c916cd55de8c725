import { BenchError } from '@attribution-bench/contract';
import { requireLength } from '../errors.js';
import { type LogLikelihood, mixtureLikelihood } from './mixture-likelihood.js';
import { type DistanceBlock, squaredDistanceBlocks, squaredDistances } from './squared-distances.js';

/** Gaussians of equal weight, one around each centre, each with its own variance, the same in all directions. */
export interface CentredMixture {
  readonly dims: number;
  /** [components × dims] */
  readonly centres: Float64Array;
  /** Natural logarithms of the variances (not of the standard deviations), [components]. */
  readonly logVariances: Float64Array;
}

export interface FittedMixture extends CentredMixture {
  /** Squared distance from each centre to the nearest point of the fit, [components]. */
  readonly nearest: Float64Array;
  /** Log variance of the background component, which takes points far from every centre during the fit only. */
  readonly backgroundLogVariance: number;
  /** Mean loss of each epoch: -mean log density / dims, [epochs]. */
  readonly losses: Float64Array;
}

const LEARNING_RATE = 0.5;
const MAX_EPOCHS = 50;
const BATCH = 10_000;
const LARGEST_LOG_VARIANCE = 40;
const STOP_CHANGE = 5e-4;
const STOP_EPOCHS = 5;
/** Distances up to this many are kept for all epochs (1 GiB); more are recomputed in each. */
const KEPT_DISTANCES = 2 ** 27;

/**
 * Fits the variances of a mixture with given centres to points by maximum likelihood, as feature likelihood divergence
 * does (Jiralerspong et al. 2023, section 3, with the constants of its published code): Adam with learning rate 0.5 on
 * log variances, in batches of 10,000 points in the order given, for 50 epochs at most, until five epochs in a row
 * change the loss by less than 5e-4. A background component around the mean of the points bounds the pull of far points.
 * @param centres [components × dims]
 * @param points [points × dims]; shuffle them when there are more than 10,000 in a meaningful order
 * @param between called between blocks of work; what it throws ends the fit
 * @throws BenchError MIXTURE_EMPTY without centres or points
 */
export async function fitCentredMixture(
  centres: Float64Array,
  points: Float64Array,
  dims: number,
  between: () => void = () => {},
): Promise<FittedMixture> {
  const components = centres.length / dims;
  const count = points.length / dims;
  requireLength('fitCentredMixture', 'the set of centres', centres, Math.floor(components) * dims);
  requireLength('fitCentredMixture', 'the set of points', points, Math.floor(count) * dims);
  if (components === 0 || count === 0)
    throw new BenchError({
      code: 'MIXTURE_EMPTY',
      place: 'fitCentredMixture',
      message: `has ${components} centres and ${count} points`,
      next: 'give at least one of each',
    });
  const background = await backgroundDistances(points, dims);
  const batches = keptBatches(centres, points, dims);

  const nearest = new Float64Array(components).fill(Infinity);
  for (const batch of batches)
    for await (const { rows, data } of batch.blocks()) {
      between();
      for (let row = 0; row < rows; row++)
        for (let j = 0; j < components; j++) nearest[j] = Math.min(nearest[j], data[row * components + j]);
    }

  const logVariances = nearest.map((distance) => Math.log((distance + 1e-3) / dims));
  const backgroundLogVariance = new Float64Array(1);
  const stepComponents = adam(logVariances);
  const stepBackground = adam(backgroundLogVariance);
  const losses: number[] = [];
  while (losses.length < MAX_EPOCHS && !settled(losses)) {
    let epochLoss = 0;
    for (const batch of batches) {
      const likelihood = mixtureLikelihood(logVariances, dims, backgroundLogVariance[0]);
      for await (const block of batch.blocks()) {
        between();
        likelihood.add(block.data, background.subarray(block.start, block.start + block.rows));
      }
      const scale = -1 / (batch.size * dims);
      epochLoss += likelihood.sum * scale;
      stepComponents(likelihood.gradient.map((value) => value * scale));
      stepBackground(Float64Array.of(likelihood.backgroundGradient * scale));
      for (let j = 0; j < components; j++)
        logVariances[j] = Math.max(-LARGEST_LOG_VARIANCE, Math.min(LARGEST_LOG_VARIANCE, logVariances[j]));
    }
    losses.push(epochLoss / batches.length);
  }
  return {
    dims,
    centres,
    logVariances,
    nearest,
    backgroundLogVariance: backgroundLogVariance[0],
    losses: Float64Array.from(losses),
  };
}

/** Log density of each point under the mixture (without any background), [points]. */
export async function logDensities(
  mixture: CentredMixture,
  points: Float64Array,
  between: () => void = () => {},
): Promise<Float64Array> {
  const { dims, centres, logVariances } = mixture;
  const densities = new Float64Array(points.length / dims);
  const likelihood: LogLikelihood = mixtureLikelihood(logVariances, dims);
  for await (const { start, rows, data } of squaredDistanceBlocks(points, centres, dims)) {
    between();
    densities.set(likelihood.of(data, rows), start);
  }
  return densities;
}

/** Logarithm of the Gaussian of log variance `logVariance` at a squared distance from its centre. */
export function logGaussian(squaredDistance: number, logVariance: number, dims: number): number {
  return -0.5 * squaredDistance * Math.exp(-logVariance) - (dims / 2) * (logVariance + Math.log(2 * Math.PI));
}

/** A batch of points; its distances to all centres come in blocks, [rows × components], once for each call. */
interface Batch {
  readonly size: number;
  blocks(): AsyncIterable<DistanceBlock> | Iterable<DistanceBlock>;
}

function keptBatches(centres: Float64Array, points: Float64Array, dims: number): Batch[] {
  const keep = (centres.length / dims) * (points.length / dims) <= KEPT_DISTANCES;
  const batches: Batch[] = [];
  for (let start = 0; start * dims < points.length; start += BATCH) {
    const part = points.subarray(start * dims, (start + BATCH) * dims);
    let kept: DistanceBlock[] | undefined;
    const compute = async function* () {
      const fresh: DistanceBlock[] = [];
      for await (const block of squaredDistanceBlocks(part, centres, dims)) {
        const placed = { ...block, start: start + block.start };
        if (keep) fresh.push(placed);
        yield placed;
      }
      if (keep) kept = fresh;
    };
    batches.push({ size: part.length / dims, blocks: () => kept ?? compute() });
  }
  return batches;
}

/** Squared distances from the mean of the points, with every point moved a tenth of the way towards it, [points]. */
async function backgroundDistances(points: Float64Array, dims: number): Promise<Float64Array> {
  const count = points.length / dims;
  const mean = new Float64Array(dims);
  for (let i = 0; i < points.length; i++) mean[i % dims] += points[i] / count;
  return (await squaredDistances(points, mean, dims)).map((distance) => distance * 0.9 ** 2);
}

function settled(losses: readonly number[]): boolean {
  const last = losses.at(-1);
  if (last === undefined || losses.length <= STOP_EPOCHS + 1) return false;
  return losses.slice(-STOP_EPOCHS).every((loss) => Math.abs(last - loss) < STOP_CHANGE);
}

/** Adam (Kingma and Ba 2015) on `values`, in place. */
function adam(values: Float64Array): (gradient: Float64Array) => void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const first = new Float64Array(values.length);
  const second = new Float64Array(values.length);
  let step = 0;
  return (gradient) => {
    step++;
    const rate = LEARNING_RATE / (1 - beta1 ** step);
    const spread = Math.sqrt(1 - beta2 ** step);
    for (let j = 0; j < values.length; j++) {
      first[j] = beta1 * first[j] + (1 - beta1) * gradient[j];
      second[j] = beta2 * second[j] + (1 - beta2) * gradient[j] ** 2;
      values[j] -= (rate * first[j]) / (Math.sqrt(second[j]) / spread + epsilon);
    }
  };
}

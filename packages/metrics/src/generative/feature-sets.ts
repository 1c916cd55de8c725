import { BenchError, type NdArray } from '@attribution-bench/contract';
import { standardiser } from '@attribution-bench/numerics';

/** Features of the points a generator was trained on, of held-out points, and of what it generated: [points × dims]. */
export interface FeatureSets {
  readonly train: NdArray<Float32Array>;
  readonly test: NdArray<Float32Array>;
  readonly generated: NdArray<Float32Array>;
}

/** A set of points in float64. */
export interface Points {
  readonly data: Float64Array;
  readonly count: number;
  readonly dims: number;
}

/** A random order of so many points: where a metric takes a sample or splits a set. */
export type Permutation = (count: number) => Int32Array;

const names = { train: 'training points', test: 'held-out points', generated: 'generated points' } as const;

/** Points whose root mean squared difference a dimension, in standard deviations, is below this are copies in float32. */
const COPY = 1e-6;

/** That a number cannot be computed of these points, and why, in words for a board. */
export function undefinedBecause(message: string): BenchError {
  return new BenchError({
    code: 'GENERATIVE_UNDEFINED',
    place: 'generated points',
    message,
    next: 'take more points, or others',
  });
}

/** Whether every one of these squared distances between standardised points is that of a copy. */
export function areCopies(squared: Float64Array, dims: number): boolean {
  return squared.every((distance) => Math.sqrt(distance / dims) < COPY);
}

/**
 * The points in float64.
 * @throws BenchError GENERATIVE_UNDEFINED for fewer points than `least`; GENERATIVE_FEATURES for features that are not
 * finite
 */
export function pointsOf(name: keyof FeatureSets, { data, shape }: NdArray<Float32Array>, least = 1): Points {
  const [count, dims] = shape;
  const invalid = (message: string, next: string): BenchError =>
    new BenchError({ code: 'GENERATIVE_FEATURES', place: name, message, next });
  if (shape.length !== 2 || data.length !== count * dims)
    throw invalid(`features have the shape [${shape.join(', ')}] for ${data.length} numbers`, 'give [points × dims]');
  if (count < least)
    throw undefinedBecause(`it takes ${least} ${names[name]}, and there ${count === 1 ? 'is' : 'are'} ${count}`);
  const broken = data.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw invalid(
      `point ${Math.floor(broken / dims)} has a feature of ${data[broken]}`,
      'look for a diverged generator',
    );
  return { data: Float64Array.from(data), count, dims };
}

/** Points `indices` of a set, in that order. */
export function pick({ data, dims }: Points, indices: ArrayLike<number>): Points {
  const picked = new Float64Array(indices.length * dims);
  for (let at = 0; at < indices.length; at++)
    picked.set(data.subarray(indices[at] * dims, (indices[at] + 1) * dims), at * dims);
  return { data: picked, count: indices.length, dims };
}

/** At most `size` of the points: the first ones of a random order, or all as they stand when there are no more. */
export function sample(points: Points, size: number, permutation: Permutation): Points {
  return points.count <= size ? points : pick(points, permutation(points.count).subarray(0, size));
}

/**
 * Sets of points with the mean of every dimension over the test points taken off and divided by its standard deviation
 * there. Dimensions in which all test points agree say nothing about how far off a point is, and are left out.
 */
export function standardised<S extends Record<string, Points>>(test: Points, sets: S): S {
  const { apply, dims } = standardiser(test.data, test.dims);
  if (dims === 0) throw undefinedBecause('all held-out points are the same, so distances have no scale');
  const convert = ({ data, count }: Points): Points => ({ data: apply(data), count, dims });
  return Object.fromEntries(Object.entries(sets).map(([name, points]) => [name, convert(points)])) as S;
}

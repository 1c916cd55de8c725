import type { Seed } from '@attribution-bench/contract';
import { pointSeeds } from '../data/point-seeds.js';
import { type NormalRows, normalRows } from './normal-rows.js';

/**
 * The noise of points: it depends on the seed, the numbers of the point, and the row asked for, so that equal points
 * get equal noise, their order does not matter, and all models see the same.
 */
export type NoiseSource = (point: number) => NormalRows;

/** @param inputs [points × dims] */
export function noiseSource(seed: Seed, inputs: Float32Array, dims: number): NoiseSource {
  const seeds = pointSeeds(seed, inputs, dims);
  return (point) => normalRows(seeds(point), dims);
}

import { Rng, type Seed, sizeOf } from '@attribution-bench/contract';
import type { Scores } from '../artifacts/scores.js';

const weightScale = 0.05;

/** Seed of numbers that stand in for results which do not exist yet. */
export function madeUpSeed(seed: number): Seed {
  return [seed, 2, 3, 4];
}

/** Normal random numbers in place of results. */
export function madeUpNumbers(count: number, seed = 1): Float32Array {
  const rng = new Rng(madeUpSeed(seed));
  return Float32Array.from({ length: count }, () => rng.normal());
}

/** Random numbers in place of trained parameters, of about their size. */
export function madeUpParameters(count: number): Float32Array {
  return madeUpNumbers(count).map((value) => value * weightScale);
}

/** Random numbers in place of a method's scores. @param shape see `shapeOfScores` */
export function madeUpScores(shape: readonly number[], seed = 1): Required<Omit<Scores, 'notes'>> {
  return {
    scores: madeUpNumbers(sizeOf(shape), seed),
    selfInfluence: madeUpNumbers(shape[shape.length - 1], seed),
  };
}

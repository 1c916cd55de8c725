import { childSeed, Rng, type Seed } from '@attribution-bench/contract';

/** Digits beyond this do not change a number of 53 bits, in base 2 or any other. */
const significantBits = 53;

/**
 * Points of [0, 1)^dims that fill it evenly, one after the other without end: the Halton sequence, in the base of the j-th
 * prime along axis j, with every digit permuted at random (Owen 2017, arXiv:1706.02808). The first points are part of every
 * longer sequence.
 */
export function* haltonPoints(dims: number, seed: Seed): Generator<readonly number[]> {
  const axes = firstPrimes(dims).map((base, axis) => ({
    base,
    permutations: digitPermutations(base, childSeed(seed, `axis ${axis}`)),
  }));
  for (let index = 0; ; index++) yield axes.map(({ base, permutations }) => radicalInverse(index, base, permutations));
}

/** A permutation of the digits 0 to base - 1 for each place behind the point. */
function digitPermutations(base: number, seed: Seed): Int32Array[] {
  const rng = new Rng(seed);
  return Array.from({ length: Math.ceil(significantBits / Math.log2(base)) }, () => rng.permutation(base));
}

/** The digits of `index`, last one first, each permuted, behind the point. */
function radicalInverse(index: number, base: number, permutations: readonly Int32Array[]): number {
  let value = 0;
  let rest = index;
  let scale = 1;
  for (const permutation of permutations) {
    scale /= base;
    value += scale * permutation[rest % base];
    rest = Math.floor(rest / base);
  }
  return Math.min(value, 1 - Number.EPSILON);
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  return primes;
}

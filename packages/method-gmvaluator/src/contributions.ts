import type { Contributors } from './contributors.js';

/**
 * How much each contributor gives to one query (equation 5 of GMValuator): the query's quality, shared out by
 * exp(-distance / temperature). Distances are taken from the smallest first, so that far contributors share like near
 * ones do and nothing underflows.
 * @returns one number a contributor; they sum to the quality
 */
export function contributions({ distances }: Contributors, quality: number, temperature: number): Float64Array {
  const least = distances.reduce((min, distance) => Math.min(min, distance), Infinity);
  const shares = distances.map((distance) => Math.exp((least - distance) / temperature));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => (quality * share) / total);
}

import { Rng, type Seed } from '@attribution-bench/contract';

/**
 * Replaces the labels of round(fraction · n) points, chosen at random, each by one of the other classes at random.
 * @returns the new labels and a mask of the changed ones, [n] each
 */
export function flipLabels(
  labels: Int32Array,
  classes: number,
  fraction: number,
  seed: Seed,
): { readonly labels: Int32Array; readonly flipped: Uint8Array } {
  const rng = new Rng(seed);
  const noisy = labels.slice();
  const flipped = new Uint8Array(labels.length);
  for (const point of rng.subset(labels.length, Math.round(fraction * labels.length))) {
    noisy[point] = (labels[point] + 1 + rng.below(classes - 1)) % classes;
    flipped[point] = 1;
  }
  return { labels: noisy, flipped };
}

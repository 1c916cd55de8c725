import type { NdArray } from '@attribution-bench/contract';
import { expect } from 'vitest';

/**
 * Expects scores [queries × train] to be those of published code, which lays them out as [train × queries].
 * @param tolerance largest absolute difference, in units of the largest absolute reference score
 */
export function expectReferenceScores(scores: ArrayLike<number>, reference: NdArray, tolerance: number): void {
  const [train, queries] = reference.shape;
  expect(scores.length).toBe(train * queries);
  const byQuery = Float64Array.from(
    { length: train * queries },
    (_, i) => reference.data[(i % train) * queries + Math.floor(i / train)],
  );
  expectReference(scores, byQuery, tolerance);
}

/** Compares values in one order on both sides. */
export function expectReference(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(found[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  expect(found.length).toBe(expected.length);
  expect(worst / largest).toBeLessThanOrEqual(tolerance);
}

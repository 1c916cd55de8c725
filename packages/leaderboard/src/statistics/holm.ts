/**
 * Holm's step-down adjustment (Holm 1979): rejecting the hypotheses whose adjusted value is at most α rejects any true
 * one with probability α at most, however the tests depend on each other.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i] - pValues[j] || i - j);
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  order.forEach((i, step) => {
    floor = Math.max(floor, Math.min(1, pValues[i] * (pValues.length - step)));
    adjusted[i] = floor;
  });
  return adjusted;
}

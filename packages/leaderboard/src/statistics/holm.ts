/**
 * Holm's step-down adjustment (Holm 1979): rejecting the hypotheses whose adjusted value is at most α rejects any true
 * one with probability α at most, however the tests depend on each other.
 * @throws RangeError when one of them is no number, which could be sorted anywhere
 */
export function holm(pValues: readonly number[]): number[] {
  if (pValues.some(Number.isNaN)) throw new RangeError('a p-value is not a number');
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i] - pValues[j] || i - j);
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  order.forEach((i, step) => {
    floor = Math.max(floor, Math.min(1, pValues[i] * (pValues.length - step)));
    adjusted[i] = floor;
  });
  return adjusted;
}

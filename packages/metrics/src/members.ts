/** 0 .. train - 1 but for the points left out, ascending. */
export function without(train: number, left: Iterable<number>): Int32Array {
  const out = new Uint8Array(train);
  for (const point of left) out[point] = 1;
  return Int32Array.from({ length: train }, (_, point) => point).filter((point) => out[point] === 0);
}

/** `retrained 3 times each`, for a sentence. */
export function retrainedTimes(times: number): string {
  return times === 1 ? 'retrained once each' : `retrained ${times} times each`;
}

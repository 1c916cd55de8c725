/**
 * For each point the mean of what the models say of it that did not see it, [train]; the mean over all such pairs for a point that
 * every model saw.
 * @param bags points that each model saw, with repetitions
 * @param outcomes [models × train]
 */
export function outOfBagMeans(
  bags: readonly Int32Array[],
  outcomes: Float32Array | Float64Array,
  train: number,
): Float64Array {
  const sums = new Float64Array(train);
  const counts = new Int32Array(train);
  for (const [model, bag] of bags.entries()) {
    const seen = new Set(bag);
    for (let point = 0; point < train; point++) {
      if (seen.has(point)) continue;
      sums[point] += outcomes[model * train + point];
      counts[point]++;
    }
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ofAll = sums.reduce((sum, value) => sum + value, 0) / Math.max(1, total);
  return sums.map((sum, point) => (counts[point] > 0 ? sum / counts[point] : ofAll));
}

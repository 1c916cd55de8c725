/**
 * For each query and point the target after training on all points minus that after training without the point, the mean over
 * training seeds, [queries × train].
 * @param targets for each seed with all points, then without each, [seeds × (1 + train) × queries]
 */
export function fallsWithoutEach(
  targets: Float64Array,
  { train, queries }: { readonly train: number; readonly queries: number },
): Float32Array {
  const perSeed = (1 + train) * queries;
  const seeds = targets.length / perSeed;
  const falls = new Float64Array(queries * train);
  for (let seed = 0; seed < seeds; seed++)
    for (let point = 0; point < train; point++)
      for (let query = 0; query < queries; query++) {
        const whole = targets[seed * perSeed + query];
        falls[query * train + point] += (whole - targets[seed * perSeed + (1 + point) * queries + query]) / seeds;
      }
  return Float32Array.from(falls);
}

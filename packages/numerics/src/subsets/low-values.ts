/**
 * How little the queries gain from each training point, minus the mean of its values over them, [train]: high where data
 * valuation suspects the point.
 * @param values [queries × train]
 */
export function lowValues(values: Float32Array, train: number): Float32Array {
  const queries = values.length / train;
  const means = new Float64Array(train);
  for (const [at, value] of values.entries()) means[at % train] -= value / queries;
  return Float32Array.from(means);
}

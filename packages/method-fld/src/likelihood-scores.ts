import { type CommonSpace, fitCentredMixture, logGaussian, squaredDistanceBlocks } from '@attribution-bench/numerics';

/**
 * log N(x_i; g_q, σ_q² I), [queries × train]: how likely each training point is under the Gaussian around each query,
 * after the variances σ² of all queries have been fitted together to the training points.
 * @param space training points, and queries as the others
 * @param order in which the fit goes through the training points
 * @param between called between blocks of work with the share done
 */
export async function likelihoodScores(
  { points: train, others: queries, dims }: CommonSpace,
  order: Int32Array,
  between: (done: number) => void,
): Promise<Float32Array> {
  const shuffled = new Float64Array(train.length);
  for (const [at, point] of order.entries()) shuffled.set(train.subarray(point * dims, (point + 1) * dims), at * dims);
  const { logVariances } = await fitCentredMixture(queries, shuffled, dims, () => between(0));
  const points = order.length;
  const scores = new Float32Array(logVariances.length * points);
  for await (const { start, rows, data } of squaredDistanceBlocks(queries, train, dims)) {
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < points; i++)
        scores[(start + row) * points + i] = logGaussian(data[row * points + i], logVariances[start + row], dims);
    between((start + rows) / logVariances.length);
  }
  return scores;
}

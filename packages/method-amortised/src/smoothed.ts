import { cholesky, matmul } from '@attribution-bench/numerics';
import type { RegressionRows } from './features-by-label.js';

/** Queries whose estimates are in memory in float64 together. */
const queriesAtOnce = 256;

/**
 * What ridge regression with an intercept predicts for the points that it was fitted on, [queries × points], for every query a
 * fit of its own: mean + Φ (ΦᵀΦ + λI)⁻¹ Φᵀ (y - mean), λ = ridge · trace(ΦᵀΦ) / min(points, columns).
 * @param estimates noisy values y, [queries × points]
 */
export async function smoothed(
  { data, points, columns }: RegressionRows,
  estimates: Float32Array,
  ridge: number,
  onBlock: (share: number) => void,
): Promise<Float32Array> {
  const queries = estimates.length / points;
  const byPoint = points < columns;
  const size = byPoint ? points : columns;
  const shape = byPoint
    ? { m: points, k: columns, n: points, transposeB: true }
    : { m: columns, k: points, n: columns, transposeA: true };
  const kernel = await matmul<Float64Array>(data, data, shape);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += kernel[i * size + i];
  const factor = await cholesky(kernel, size, { ridge: (ridge * trace) / size, name: 'amortised: kernel of features' });
  const scores = new Float32Array(queries * points);
  for (let first = 0; first < queries; first += queriesAtOnce) {
    const rows = Math.min(queriesAtOnce, queries - first);
    const { centred, means } = centredRows(estimates.subarray(first * points, (first + rows) * points), points);
    const fitted = byPoint
      ? await matmul(await factor.solveRows(centred), kernel, { m: rows, k: points, n: points })
      : await matmul(await factor.solveRows(await matmul(centred, data, { m: rows, k: points, n: columns })), data, {
          m: rows,
          k: columns,
          n: points,
          transposeB: true,
        });
    for (const [at, value] of fitted.entries()) scores[first * points + at] = means[Math.floor(at / points)] + value;
    onBlock((first + rows) / queries);
  }
  return scores;
}

/** Rows less their means, in float64. */
function centredRows(rows: Float32Array, columns: number): { centred: Float64Array; means: Float64Array } {
  const means = new Float64Array(rows.length / columns);
  for (const [at, value] of rows.entries()) means[Math.floor(at / columns)] += value / columns;
  return { centred: Float64Array.from(rows, (value, at) => value - means[Math.floor(at / columns)]), means };
}

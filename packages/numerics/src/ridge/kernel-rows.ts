import type { RowBlock } from '@attribution-bench/contract';
import { shapeError } from '../errors.js';
import { collectRows, float64Rows } from '../matrices/row-blocks.js';

/**
 * Features Φ [points × columns] and which of their two kernels is formed: ΦᵀΦ (`columns`) or ΦΦᵀ (`points`, smaller
 * with fewer points than columns). Both give the same scores: (ΦᵀΦ + λI)⁻¹Φᵀ = Φᵀ(ΦΦᵀ + λI)⁻¹.
 */
export interface KernelShape {
  readonly points: number;
  readonly columns: number;
  readonly form: 'columns' | 'points';
}

/** All rows of Φ in float64, [points × columns]. @throws BenchError NUMERICS_SHAPE when they are of another width */
export async function collectFloat64(
  rows: AsyncIterable<RowBlock>,
  { points, columns }: KernelShape,
): Promise<Float64Array> {
  const all = await collectRows(rows, points);
  if (all.cols !== columns) throw shapeError('ridgeKernel', `rows of ${all.cols} are not rows of ${columns}`);
  return float64Rows(all);
}

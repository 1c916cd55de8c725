import type { RowBlock } from '@attribution-bench/contract';
import { requireLength } from '../errors.js';
import { createGram } from '../matrices/gram.js';
import { matmul } from '../matrices/matmul.js';
import { cholesky } from '../solvers/cholesky.js';
import { columnKernel } from './column-kernel.js';
import type { RidgeKernel } from './factored-kernel.js';
import { collectFloat64, type KernelShape } from './kernel-rows.js';
import { pointKernel } from './point-kernel.js';

export type { KernelScores, RidgeKernel } from './factored-kernel.js';
export type { KernelShape } from './kernel-rows.js';

/** The kernel of a stream of the rows of Φ, in float64. Form `columns` holds one block of rows, `points` all of them. */
export async function kernelMatrix(rows: AsyncIterable<RowBlock>, shape: KernelShape): Promise<Float64Array> {
  const { points, columns, form } = shape;
  if (form === 'points') {
    const phi = await collectFloat64(rows, shape);
    return matmul<Float64Array>(phi, phi, { m: points, k: columns, n: points, transposeB: true });
  }
  const gram = createGram(columns);
  for await (const block of rows) await gram.add(block.data.subarray(0, block.rows * columns));
  return gram.matrix();
}

export interface RidgeOptions {
  readonly ridge: number;
  /**
   * `mean-eigenvalue`: λ in units of the mean eigenvalue of the smaller kernel, trace(ΦᵀΦ) / min(points, columns), so that
   * more columns than points do not thin it out; `absolute`: λ itself.
   */
  readonly unit: 'mean-eigenvalue' | 'absolute';
  /** What the kernel is, for error messages. */
  readonly name: string;
}

/**
 * Factors a kernel of {@link kernelMatrix} with its ridge.
 * @throws BenchError NUMERICS_NOT_POSITIVE_DEFINITE when λ is too small for a kernel without full rank
 */
export async function ridgeKernel(
  matrix: Float64Array,
  shape: KernelShape,
  options: RidgeOptions,
): Promise<RidgeKernel> {
  const size = sizeOf(shape);
  requireLength('ridgeKernel', options.name, matrix, size * size);
  const lambda = ridgeOf(matrix, shape, options);
  const factor = await cholesky(matrix, size, { ridge: lambda, name: options.name });
  return (shape.form === 'columns' ? columnKernel : pointKernel)({ shape, lambda, factor });
}

/** λ of a kernel. */
export function ridgeOf(matrix: Float64Array, shape: KernelShape, { ridge, unit }: Omit<RidgeOptions, 'name'>): number {
  if (unit === 'absolute') return ridge;
  return (ridge * trace(matrix, sizeOf(shape))) / Math.min(shape.points, shape.columns);
}

function sizeOf({ points, columns, form }: KernelShape): number {
  return form === 'columns' ? columns : points;
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i];
  return sum;
}

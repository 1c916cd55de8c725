import type { RowBlock } from '@attribution-bench/contract';
import { cholesky } from './cholesky.js';
import { requireLength, shapeError } from './errors.js';
import { createGram } from './gram.js';
import { matmul } from './matmul.js';
import { addSolvedProducts, collectRows } from './row-blocks.js';
import { transpose } from './transpose.js';

const inverseRows = 512;

/**
 * Features Φ [points × columns] and which of their two kernels is formed: ΦᵀΦ (`columns`) or ΦΦᵀ (`points`, smaller
 * with fewer points than columns). Both give the same scores: (ΦᵀΦ + λI)⁻¹Φᵀ = Φᵀ(ΦΦᵀ + λI)⁻¹.
 */
export interface KernelShape {
  readonly points: number;
  readonly columns: number;
  readonly form: 'columns' | 'points';
}

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

export interface KernelScores {
  /** [queries × columns], all rows. */
  readonly queries: RowBlock;
  /** Opens a stream of the rows of Φ. */
  readonly phi: () => AsyncIterable<RowBlock>;
  /** [queries × points], row-major; scale × query (ΦᵀΦ + λI)⁻¹ φ is added to it. */
  readonly into: Float32Array;
  readonly scale: number;
  /** Called as the scores come, with the share done; may throw to stop. */
  onBlock?(share: number): void;
}

/** ΦᵀΦ + λI, factored. */
export interface RidgeKernel {
  readonly lambda: number;
  addScores(request: KernelScores): Promise<void>;
  /** φᵀ(ΦᵀΦ + λI)⁻¹φ of every row of Φ, [points]. */
  leverages(phi: AsyncIterable<RowBlock>): Promise<Float64Array>;
  /** |(ΦᵀΦ + λI)⁻¹φ|² of every row of Φ, [points]. */
  solvedSquaredNorms(phi: AsyncIterable<RowBlock>): Promise<Float64Array>;
  /** Mean absolute entry of (ΦᵀΦ + λI)⁻¹, [columns × columns]; λ must not be 0 in form `points`. */
  meanAbsInverse(phi: AsyncIterable<RowBlock>): Promise<number>;
}

/**
 * Factors a kernel of {@link kernelMatrix} with its ridge.
 * @throws BenchError NUMERICS_NOT_POSITIVE_DEFINITE when λ is too small for a kernel without full rank
 */
export async function ridgeKernel(
  matrix: Float64Array,
  shape: KernelShape,
  { ridge, unit, name }: RidgeOptions,
): Promise<RidgeKernel> {
  const { points, columns, form } = shape;
  const size = form === 'columns' ? columns : points;
  requireLength('ridgeKernel', name, matrix, size * size);
  const lambda = unit === 'absolute' ? ridge : (ridge * trace(matrix, size)) / Math.min(points, columns);
  const factor = await cholesky(matrix, size, { ridge: lambda, name });

  return form === 'columns'
    ? {
        lambda,
        async addScores({ queries, phi, ...rest }) {
          const solved = await factor.solveRows(float64(queries));
          await addSolvedProducts({ solved, right: phi(), rightRows: points, ...rest });
        },
        async leverages(phi) {
          const leverages = new Float64Array(points);
          for await (const block of phi) {
            const solved = await factor.solveLower(transpose(float64(block), block.rows, columns), block.rows);
            for (let i = 0; i < solved.length; i++) leverages[block.start + (i % block.rows)] += solved[i] ** 2;
          }
          return leverages;
        },
        async solvedSquaredNorms(phi) {
          const squares = new Float64Array(points);
          for await (const block of phi) {
            const solved = await factor.solveRows(float64(block));
            for (let i = 0; i < solved.length; i++) squares[block.start + Math.floor(i / columns)] += solved[i] ** 2;
          }
          return squares;
        },
        async meanAbsInverse() {
          let sum = 0;
          for (const value of await factor.inverse()) sum += Math.abs(value);
          return sum / columns ** 2;
        },
      }
    : {
        lambda,
        async addScores({ queries, phi, into, scale, onBlock }) {
          const rows = await collectFloat64(phi(), shape);
          const products = await matmul<Float64Array>(float64(queries), rows, {
            m: queries.rows,
            k: columns,
            n: points,
            transposeB: true,
          });
          const solved = await factor.solveRows(products);
          for (let i = 0; i < into.length; i++) into[i] += scale * solved[i];
          onBlock?.(1);
        },
        async leverages() {
          return (await factor.inverseDiagonal()).map((value) => 1 - lambda * value);
        },
        async solvedSquaredNorms() {
          // |Φᵀ(ΦΦᵀ + λI)⁻¹eᵢ|² is the diagonal of B - λB² with B = (ΦΦᵀ + λI)⁻¹.
          const inverse = await factor.inverse();
          return Float64Array.from({ length: points }, (_, i) => {
            let square = 0;
            for (let j = 0; j < points; j++) square += inverse[i * points + j] ** 2;
            return Math.max(0, inverse[i * points + i] - lambda * square);
          });
        },
        /** By (ΦᵀΦ + λI)⁻¹ = (I - Φᵀ(ΦΦᵀ + λI)⁻¹Φ) / λ, some rows of it at a time. */
        async meanAbsInverse(phi) {
          const rows = await collectFloat64(phi, shape);
          const solved = await factor.solve(rows, columns);
          const transposed = transpose(rows, points, columns);
          let sum = 0;
          for (let start = 0; start < columns; start += inverseRows) {
            const count = Math.min(inverseRows, columns - start);
            const left = transposed.subarray(start * points, (start + count) * points);
            const product = await matmul<Float64Array>(left, solved, { m: count, k: points, n: columns });
            for (let i = 0; i < count; i++) product[i * columns + start + i] -= 1;
            for (const value of product) sum += Math.abs(value);
          }
          return sum / lambda / columns ** 2;
        },
      };
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += matrix[i * size + i];
  return sum;
}

function float64({ rows, cols, data }: RowBlock): Float64Array {
  return Float64Array.from(data.subarray(0, rows * cols));
}

async function collectFloat64(rows: AsyncIterable<RowBlock>, { points, columns }: KernelShape): Promise<Float64Array> {
  const all = await collectRows(rows, points);
  if (all.cols !== columns) throw shapeError('ridgeKernel', `rows of ${all.cols} are not rows of ${columns}`);
  return float64(all);
}

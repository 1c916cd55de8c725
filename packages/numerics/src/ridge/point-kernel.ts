import { matmul } from '../matrices/matmul.js';
import { float64Rows } from '../matrices/row-blocks.js';
import { transpose } from '../matrices/transpose.js';
import type { FactoredKernel, RidgeKernel } from './factored-kernel.js';
import { collectFloat64 } from './kernel-rows.js';

/** Rows of the inverse that are formed at a time for its mean absolute entry. */
const inverseRows = 512;

/** Form `points`: ΦΦᵀ + λI is factored, and (ΦᵀΦ + λI)⁻¹Φᵀ = Φᵀ(ΦΦᵀ + λI)⁻¹ is used. */
export function pointKernel({ shape, lambda, factor }: FactoredKernel): RidgeKernel {
  const { points, columns } = shape;
  return {
    lambda,
    async addScores({ queries, phi, into, scale, onBlock }) {
      const rows = await collectFloat64(phi(), shape);
      const products = await matmul<Float64Array>(float64Rows(queries), rows, {
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

import { addSolvedProducts, float64Rows } from '../matrices/row-blocks.js';
import { transpose } from '../matrices/transpose.js';
import type { FactoredKernel, RidgeKernel } from './factored-kernel.js';

/** Form `columns`: ΦᵀΦ + λI itself is factored. */
export function columnKernel({ shape: { points, columns }, lambda, factor }: FactoredKernel): RidgeKernel {
  return {
    lambda,
    async addScores({ queries, phi, ...rest }) {
      const solved = await factor.solveRows(float64Rows(queries));
      await addSolvedProducts({ solved, right: phi(), rightRows: points, ...rest });
    },
    async leverages(phi) {
      const leverages = new Float64Array(points);
      for await (const block of phi) {
        const solved = await factor.solveLower(transpose(float64Rows(block), block.rows, columns), block.rows);
        for (let i = 0; i < solved.length; i++) leverages[block.start + (i % block.rows)] += solved[i] ** 2;
      }
      return leverages;
    },
    async solvedSquaredNorms(phi) {
      const squares = new Float64Array(points);
      for await (const block of phi) {
        const solved = await factor.solveRows(float64Rows(block));
        for (let i = 0; i < solved.length; i++) squares[block.start + Math.floor(i / columns)] += solved[i] ** 2;
      }
      return squares;
    },
    async meanAbsInverse() {
      let sum = 0;
      for (const value of await factor.inverse()) sum += Math.abs(value);
      return sum / columns ** 2;
    },
  };
}

import { overTimesteps } from '@attribution-bench/contract';
import { addMatmul, float64Rows, matmul } from '@attribution-bench/numerics';
import { trainGradients } from './gradients.js';
import type { System } from './solvers/solver.js';

/**
 * C times every row of `rows` [count × p], [count × p] in float64: of the Hessian and the Gauss-Newton matrix by products
 * of the engine, of the Fisher matrix, mean of ∇loss ∇lossᵀ, by one pass over the training gradients.
 * @param points whose mean loss C is of, where it is not the Fisher matrix; default all
 */
export async function curvatureProducts(
  system: System,
  rows: Float64Array,
  points?: Int32Array,
): Promise<Float64Array> {
  const { ctx, params, checkpoint, curvature } = system;
  if (curvature === 'fisher') return fisherProducts(system, rows);
  const products = await ctx.curvatureProducts({
    checkpoint,
    kind: curvature,
    vectors: Float32Array.from(rows),
    ...overTimesteps(ctx.task, params.timesteps),
    ...(points !== undefined && { points }),
  });
  return Float64Array.from(products);
}

async function fisherProducts(system: System, rows: Float64Array): Promise<Float64Array> {
  const { train, parameters: p } = system.ctx.task;
  const count = rows.length / p;
  const sums = new Float64Array(rows.length);
  for await (const block of trainGradients(system)) {
    const gradients = float64Rows(block);
    const along = await matmul(rows, gradients, { m: count, k: p, n: block.rows, transposeB: true });
    for (let i = 0; i < along.length; i++) along[i] /= train;
    await addMatmul(sums, along, gradients, { m: count, k: block.rows, n: p });
  }
  return sums;
}

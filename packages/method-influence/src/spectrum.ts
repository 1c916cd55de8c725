import { lanczos, squaredNorms } from '@attribution-bench/numerics';
import { curvatureProducts } from './curvature-products.js';
import { trainGradients } from './gradients.js';
import { rowsAtOnce, type System, type Watch } from './solvers/solver.js';

const probes = 32;
const lanczosSteps = 24;

/**
 * trace(C): of the Fisher matrix the mean of |∇loss|², exactly; of others the mean of vᵀCv over 32 vectors v of random
 * signs (Hutchinson 1990), whose relative error falls with the number of eigenvalues that matter.
 */
export async function traceOf(system: System, watch: Watch): Promise<number> {
  const { ctx, curvature, index } = system;
  const { parameters: p, train } = ctx.task;
  let trace = 0;
  if (curvature === 'fisher') {
    for await (const block of trainGradients(system)) {
      for (const square of squaredNorms(block)) trace += square / train;
      watch((block.start + block.rows) / train);
    }
    return trace;
  }
  const rng = ctx.rng(`trace ${index}`);
  for (let done = 0; done < probes; ) {
    const count = Math.min(rowsAtOnce(p), probes - done);
    const signs = Float64Array.from({ length: count * p }, () => (rng.uniform() < 0.5 ? -1 : 1));
    const products = await curvatureProducts(system, signs);
    for (let i = 0; i < signs.length; i++) trace += (signs[i] * products[i]) / probes;
    done += count;
    watch(done / probes);
  }
  return trace;
}

/** The lowest and the highest eigenvalue of C, from inside, by 24 steps of Lanczos. */
export async function extremeEigenvalues(
  system: System,
  watch: Watch,
): Promise<{ readonly lowest: number; readonly highest: number }> {
  const n = system.ctx.task.parameters;
  const rng = system.ctx.rng(`ends ${system.index}`);
  const start = Float64Array.from({ length: n }, () => rng.normal());
  let step = 0;
  const operator = (vector: Float64Array): Promise<Float64Array> => {
    watch(step++ / lanczosSteps);
    return curvatureProducts(system, vector);
  };
  const { values } = await lanczos(operator, { n, steps: lanczosSteps, start });
  return { lowest: values[values.length - 1], highest: values[0] };
}

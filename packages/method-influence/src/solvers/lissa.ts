import { BenchError } from '@attribution-bench/contract';
import { curvatureProducts } from '../curvature-products.js';
import { askedDamping } from '../damping.js';
import { extremeEigenvalues, traceOf } from '../spectrum.js';
import type { Solver } from './solver.js';

const unknown = Float64Array.of(0);
const growthAllowed = 10;

/**
 * LiSSA (Agarwal, Bullins and Hazan 2017; Koh and Liang 2017, section 3): h ← b + h - (C_B + λI) h / s from h = b, `depth`
 * times, with the curvature C_B of a fresh mini-batch each time; then h / s, averaged over `repeats`. dattri's damping is
 * λ / s.
 */
export const lissa: Solver = {
  curvatures: ['hessian', 'gauss-newton'],

  /** `trace` and `highest` eigenvalue of C, [1] each, where damping and scale go by them. */
  async fit(system, watch) {
    const { dampingUnit, scale } = system.params;
    return {
      ...(dampingUnit === 'mean-eigenvalue' && {
        trace: Float64Array.of(await traceOf(system, (share) => watch(share / 2))),
      }),
      ...(scale === 0 && {
        highest: Float64Array.of((await extremeEigenvalues(system, (share) => watch((1 + share) / 2))).highest),
      }),
    };
  },

  async open(system, { trace = unknown, highest = unknown }) {
    const { ctx, params, index } = system;
    const { depth, batch, repeats } = params;
    const { train, parameters: p } = ctx.task;
    const damping = askedDamping(system, trace[0]);
    const scale = params.scale > 0 ? params.scale : 2 * (highest[0] + damping);
    return async (rows, watch) => {
      const start = lengths(rows, p);
      const solved = new Float64Array(rows.length);
      for (let repeat = 0; repeat < repeats; repeat++) {
        const rng = ctx.rng(`batches ${index} ${repeat}`);
        let h: Float64Array = rows;
        for (let step = 0; step < depth; step++) {
          watch((repeat + step / depth) / repeats);
          const points = batch < train ? rng.permutation(train).subarray(0, batch) : undefined;
          const products = await curvatureProducts(system, h, points);
          h = h.map((value, i) => rows[i] + value - (products[i] + damping * value) / scale);
          requireBounded(lengths(h, p), start, step + 2);
        }
        for (let i = 0; i < h.length; i++) solved[i] += h[i] / (scale * repeats);
      }
      return solved;
    };
  },
};

/** With no eigenvalue of (C_B + λI) / s below 0 or above 2 a step adds |b| to |h| at most. */
function requireBounded(now: Float64Array, start: Float64Array, terms: number): void {
  if (now.every((length, row) => length <= growthAllowed * terms * start[row])) return;
  throw new BenchError({
    code: 'NUMERICS_NO_CONVERGENCE',
    place: 'influence: lissa',
    message: `the series grows without bound after ${terms - 1} steps: eigenvalues of a mini-batch are negative, or above twice the scale`,
    next: 'raise damping, scale or batch, or take the curvature gauss-newton',
  });
}

function lengths(rows: Float64Array, p: number): Float64Array {
  return Float64Array.from({ length: rows.length / p }, (_, row) => {
    let sum = 0;
    for (let i = row * p; i < (row + 1) * p; i++) sum += rows[i] * rows[i];
    return Math.sqrt(sum);
  });
}

import type { MethodState } from '@attribution-bench/contract';
import { addMatmul, lanczos, matmul } from '@attribution-bench/numerics';
import { curvatureProducts } from '../curvature-products.js';
import { askedDamping } from '../damping.js';
import { traceOf } from '../spectrum.js';
import type { Solver, System, Watch } from './solver.js';

const unknown = Float64Array.of(0);

/**
 * Arnoldi (Schioppa et al. 2022): the inverse in the space of the `rank` eigenvectors of C with the largest |eigenvalue +
 * λ|, as `krylov` steps find them, and 0 outside it.
 */
export const arnoldi: Solver = {
  curvatures: ['hessian', 'gauss-newton', 'fisher'],
  supports: (_, { rank, krylov }) =>
    rank <= krylov || `a Krylov space of ${krylov} dimensions has no ${rank} eigenvectors; lower rank or raise krylov`,

  async fit(system, watch) {
    const { ctx, params, index } = system;
    const rng = ctx.rng(`arnoldi ${index}`);
    const start = Float64Array.from({ length: ctx.task.parameters }, () => rng.normal());
    const pairs = await approximateEigenpairs(system, start, (share) => watch(share / 2));
    if (params.dampingUnit === 'absolute') return pairs;
    return { ...pairs, trace: Float64Array.of(await traceOf(system, (share) => watch((1 + share) / 2))) };
  },

  async open(system, { values, vectors, trace = unknown }) {
    const { rank } = system.params;
    const p = system.ctx.task.parameters;
    const damping = askedDamping(system, trace[0]);
    const shifted = Array.from(values, (value, pair) => ({ pair, value: value + damping }));
    const kept = shifted.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, rank);
    const basis = new Float64Array(kept.length * p);
    for (const [at, { pair }] of kept.entries()) basis.set(vectors.subarray(pair * p, (pair + 1) * p), at * p);
    return async (rows) => {
      const m = rows.length / p;
      const along = await matmul(rows, basis, { m, k: p, n: kept.length, transposeB: true });
      for (let i = 0; i < along.length; i++) along[i] /= kept[i % kept.length].value;
      const solved = new Float64Array(rows.length);
      await addMatmul(solved, along, basis, { m, k: kept.length, n: p });
      return solved;
    };
  },
};

/**
 * `values` [krylov] and `vectors` [krylov × p]: Ritz pairs of C, from which λ takes nothing away, since C + λI has the same
 * Krylov space.
 */
export async function approximateEigenpairs(system: System, start: Float64Array, watch: Watch): Promise<MethodState> {
  const { krylov } = system.params;
  let step = 0;
  const operator = (vector: Float64Array): Promise<Float64Array> => {
    watch(step++ / krylov);
    return curvatureProducts(system, vector);
  };
  const { values, vectors } = await lanczos(operator, { n: start.length, steps: krylov, start });
  return { values, vectors: Float32Array.from(vectors) };
}

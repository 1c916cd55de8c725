import type { MethodState } from '@attribution-bench/contract';
import { conjugateGradient } from '@attribution-bench/numerics';
import { curvatureProducts } from '../curvature-products.js';
import { askedDamping, raisedUntil } from '../damping.js';
import { extremeEigenvalues, traceOf } from '../spectrum.js';
import type { Inverse, Solver, System, Watch } from './solver.js';

const unknown = Float64Array.of(0);

/** Conjugate gradients (Koh and Liang 2017, section 3; Martens 2010): as exact as `tolerance`, for any number of parameters. */
export const cg: Solver = {
  curvatures: ['hessian', 'gauss-newton', 'fisher'],
  fit: fitSpectrum,
  open: (system, state) => openConjugateGradients(system, state),
};

/** `trace` and `lowest` eigenvalue of C, [1] each, where the damping goes by them. */
export async function fitSpectrum(system: System, watch: Watch): Promise<MethodState> {
  const { params, curvature } = system;
  const relative = params.dampingUnit === 'mean-eigenvalue';
  return {
    ...(relative && { trace: Float64Array.of(await traceOf(system, (share) => watch(share / 2))) }),
    ...(curvature === 'hessian' && {
      lowest: Float64Array.of((await extremeEigenvalues(system, (share) => watch((1 + share) / 2))).lowest),
    }),
  };
}

/**
 * Solves to `tolerance` or for `iterations` steps; those that did not get there are logged.
 * @param state of {@link fitSpectrum}
 * @param precondition an approximation of (C + λI)⁻¹ for this λ, symmetric and positive definite, applied to every row
 */
export async function openConjugateGradients(
  system: System,
  { trace = unknown, lowest = unknown }: MethodState,
  precondition?: (damping: number) => (rows: Float64Array) => Promise<Float64Array>,
): Promise<Inverse> {
  const { ctx, params } = system;
  const { tolerance, iterations, start } = params;
  const n = ctx.task.parameters;
  let damping = await raisedUntil(system, askedDamping(system, trace[0]), async (raised) =>
    lowest[0] + raised > 0 || lowest[0] >= 0 ? raised : undefined,
  );
  return (rows, watch) =>
    raisedUntil(system, damping, async (raised) => {
      const { solution, ends, residuals } = await conjugateGradient((v) => curvatureProducts(system, v), rows, {
        n,
        damping: raised,
        tolerance,
        maxIterations: iterations,
        ...(start === 'gradient' && { guess: rows }),
        ...(precondition !== undefined && { precondition: precondition(raised) }),
        onIteration: (iteration) => watch(iteration / iterations),
      });
      if (ends.includes('indefinite')) return undefined;
      damping = raised;
      const open = ends.filter((end) => end === 'iterations').length;
      if (open > 0) {
        const worst = Math.max(...residuals).toExponential(1);
        ctx.log(
          `cg: ${open} of ${ends.length} systems not solved to ${tolerance} in ${iterations} steps, at worst to ${worst}`,
        );
      }
      return solution;
    });
}

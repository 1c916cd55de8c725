import { basesFrom, dampedEigenspace, fitBases, fitEigenvalues, stateOf } from './kronecker.js';
import type { Solver } from './solver.js';

/**
 * EK-FAC (George et al. 2018; for influence functions Grosse et al. 2023, section 3.1): the eigenvectors of K-FAC with the
 * variances of per-sample gradients along them, Λ = E[(Q_A G Q_Sᵀ)²], in place of the products of eigenvalues.
 */
export const ekfac: Solver = {
  curvatures: ['gauss-newton', 'fisher'],
  layerwise: true,
  inEigenspace: true,

  /** `values` and `vectors`: eigenbases of all factors; `eigenvalues`: Λ, [p]. */
  async fit(system, watch) {
    const bases = await fitBases(system, (share) => watch(share / 2));
    const eigenvalues = await fitEigenvalues(system, bases);
    watch(1);
    return { ...stateOf(bases), eigenvalues };
  },

  open: (system, state) => dampedEigenspace(system, basesFrom(state, system), Float64Array.from(state.eigenvalues)),
};

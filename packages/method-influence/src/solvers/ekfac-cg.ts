import { cg, fitSpectrum, openConjugateGradients } from './cg.js';
import { ekfac } from './ekfac.js';
import { basesFrom, dampedInverse } from './kronecker.js';
import type { Solver } from './solver.js';

/** Least damping of the preconditioner, as a share of the mean eigenvalue: directions of no variance stay finite. */
const leastShare = 1e-3;

/**
 * Conjugate gradients on C itself, preconditioned by EK-FAC with the same damping: as exact as {@link cg}, in as many steps as
 * EK-FAC is far from C.
 */
export const ekfacCg: Solver = {
  curvatures: cg.curvatures,

  /** What {@link ekfac} keeps and {@link fitSpectrum} finds. */
  async fit(system, watch) {
    const preconditioner = await ekfac.fit(system, (share) => watch(share / 2));
    return { ...preconditioner, ...(await fitSpectrum(system, (share) => watch((1 + share) / 2))) };
  },

  async open(system, state) {
    const eigenvalues = Float64Array.from(state.eigenvalues);
    const mean = eigenvalues.reduce((sum, value) => sum + value, 0) / eigenvalues.length;
    const bases = basesFrom(state, system);
    return openConjugateGradients(system, state, (damping) => {
      const raised = Math.max(damping, leastShare * mean, Number.MIN_VALUE);
      return dampedInverse(bases, eigenvalues, new Float64Array(eigenvalues.length).fill(raised));
    });
  },
};

import { kroneckerEigenvalues } from '@attribution-bench/numerics';
import { basesFrom, dampedEigenspace, fitBases, stateOf } from './kronecker.js';
import type { Solver } from './solver.js';

/**
 * K-FAC (Martens and Grosse 2015, section 3): C is taken for the blocks A ⊗ S of its layers, with A = E[a aᵀ] of a layer's
 * inputs, a constant 1 included, and S = E[b bᵀ] of the derivatives of the loss by its outputs. The damping is added to
 * the products of their eigenvalues, so that nothing is approximate but C (section 6.3 splits it over A and S instead).
 */
export const kfac: Solver = {
  curvatures: ['gauss-newton', 'fisher'],
  layerwise: true,
  inEigenspace: true,

  /** `values` and `vectors`: eigenbases of all factors. */
  fit: async (system, watch) => stateOf(await fitBases(system, watch)),

  async open(system, state) {
    const bases = basesFrom(state, system);
    return dampedEigenspace(system, bases, kroneckerEigenvalues(bases));
  },
};

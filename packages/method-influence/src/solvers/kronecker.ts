import type { FisherFactors, MethodState } from '@attribution-bench/contract';
import { overTimesteps } from '@attribution-bench/contract';
import {
  basesOf,
  createKroneckerOperator,
  fitKroneckerBases,
  fitKroneckerVariances,
  type KroneckerBasis,
  storedBases,
} from '@attribution-bench/numerics';
import { layerDamping } from '../damping.js';
import type { Eigenspace, System, Watch } from './solver.js';

/**
 * Factors of the gradients of all training points, `draws` times with labels (of generators: noises) drawn from the model
 * anew, or once with those that the points have, where C is the empirical Fisher matrix.
 */
async function* factorsOf({ ctx, params, checkpoint, index, curvature }: System): AsyncGenerator<FisherFactors> {
  const references = curvature === 'fisher' ? 'observed' : 'sampled';
  for (let draw = 0; draw < (references === 'sampled' ? params.draws : 1); draw++) {
    const seed = ctx.seed(`references ${index} ${draw}`);
    const timesteps = overTimesteps(ctx.task, params.timesteps);
    for await (const block of ctx.fisherFactors({ checkpoint, references, seed, ...timesteps })) {
      ctx.signal.throwIfAborted();
      yield block;
    }
  }
}

/** Eigenbases of the Kronecker factors of every layer's block of C. */
export function fitBases(system: System, watch: Watch): Promise<KroneckerBasis[]> {
  const { layerMatrices } = system.ctx;
  return fitKroneckerBases(factorsOf(system), layerMatrices, system.params.positions, (share) =>
    watch((1 + share) / 2),
  );
}

/** Variances of the same gradients along the eigenvectors, [p]. */
export const fitEigenvalues = (system: System, bases: readonly KroneckerBasis[]): Promise<Float64Array> =>
  fitKroneckerVariances(factorsOf(system), bases);

/** `values` and `vectors` of the bases. */
export function stateOf(bases: readonly KroneckerBasis[]): MethodState {
  return { ...storedBases(bases) };
}

export function basesFrom({ values, vectors }: MethodState, { ctx }: System): KroneckerBasis[] {
  return basesOf({ values: Float64Array.from(values), vectors: Float32Array.from(vectors) }, ctx.layerMatrices);
}

/** (C + λI)⁻¹ with λ in the unit that the grid asks for. @param eigenvalues of C, [p] */
export async function dampedEigenspace(
  system: System,
  bases: readonly KroneckerBasis[],
  eigenvalues: Float64Array,
): Promise<Eigenspace> {
  const damping = await layerDamping(system, eigenvalues);
  return {
    bases: bases.map(({ input, delta }) => ({
      ...(input.vectors !== undefined && { input: input.vectors }),
      ...(delta.vectors !== undefined && { delta: delta.vectors }),
    })),
    scales: eigenvalues.map((value, i) => 1 / (value + damping[i])),
  };
}

/**
 * Q diag(1 / (eigenvalues + λ)) Qᵀ times every row, in place.
 * @param damping λ of each eigenvector, [p]
 */
export function dampedInverse(
  bases: readonly KroneckerBasis[],
  eigenvalues: Float64Array,
  damping: Float64Array,
): (rows: Float64Array) => Promise<Float64Array> {
  const operator = createKroneckerOperator(bases);
  const scales = eigenvalues.map((value, i) => 1 / (value + damping[i]));
  return (rows) => operator.apply(rows, scales);
}

import { type FisherFactors, type MethodState, overTimesteps, type TaskInfo } from '@attribution-bench/contract';
import {
  basesOf,
  createKroneckerOperator,
  fitKroneckerBases,
  fitKroneckerVariances,
  kroneckerEigenvalues,
  matmul,
  matrixOfProducts,
  storedBases,
  symmetricEigen,
} from '@attribution-bench/numerics';
import type { Context, SourceParams } from './params.js';
import type { Segment } from './segments.js';

const maxExplicit = 4096;

/** The Gauss-Newton matrix of the mean training loss, averaged over the models of a segment, by its eigenvectors. */
export interface SegmentCurvature {
  /** [p] */
  readonly eigenvalues: Float64Array;
  /** Each of `rows` [any number × p] with its number along every eigenvector times `scales` [p]; `rows` may be overwritten. */
  apply(rows: Float64Array, scales: Float64Array): Promise<Float64Array>;
}

/** true, or why the solver cannot be used. */
export function supportsSolver({ parameters, optimizer }: TaskInfo, solver: SourceParams['solver']): true | string {
  if (solver !== 'explicit') return true;
  if (optimizer !== 'sgd')
    return `the solver explicit takes training by sgd, not by ${optimizer}; kfac and ekfac take both`;
  if (parameters <= maxExplicit) return true;
  return `the solver explicit takes at most ${maxExplicit} parameters, the model has ${parameters}; kfac and ekfac take any`;
}

/**
 * `eigenvalues` [p] and `vectors`; of `kfac` and `ekfac`, `values` and `vectors` of the factors of all layers.
 * @param watch called with the share done, 0 to 1; may throw to stop
 */
export async function fitCurvature(
  ctx: Context,
  params: SourceParams,
  segment: Segment,
  watch: (share: number) => void,
): Promise<MethodState> {
  if (params.solver === 'explicit') return explicit(ctx, params, segment, watch);
  const factors = () => sampledFactors(ctx, params, segment);
  const bases = await fitKroneckerBases(factors(), ctx.layerMatrices, 'expand', (share) => watch((1 + share) / 3));
  if (params.solver === 'kfac') return { ...storedBases(bases), eigenvalues: kroneckerEigenvalues(bases) };
  return { ...storedBases(bases), eigenvalues: await fitKroneckerVariances(factors(), bases) };
}

export function openCurvature(
  { layerMatrices }: Context,
  { solver }: SourceParams,
  state: MethodState,
): SegmentCurvature {
  const eigenvalues = Float64Array.from(state.eigenvalues);
  const vectors = Float32Array.from(state.vectors);
  if (solver !== 'explicit') {
    const values = Float64Array.from(state.values);
    return { eigenvalues, ...createKroneckerOperator(basesOf({ values, vectors }, layerMatrices)) };
  }
  const p = eigenvalues.length;
  const basis = Float64Array.from(vectors);
  return {
    eigenvalues,
    async apply(rows, scales) {
      const shape = { m: rows.length / p, k: p, n: p };
      const along = await matmul<Float64Array>(rows, basis, { ...shape, transposeB: true });
      for (let at = 0; at < along.length; at++) along[at] *= scales[at % p];
      return matmul<Float64Array>(along, basis, shape);
    },
  };
}

/** Factors of the gradients of all training points by every model of the segment, with labels, or noises, drawn from it. */
async function* sampledFactors(
  ctx: Context,
  { draws, timesteps }: SourceParams,
  { models }: Segment,
): AsyncGenerator<FisherFactors> {
  for (const checkpoint of models) {
    for (let draw = 0; draw < draws; draw++) {
      const seed = ctx.seed(`references ${checkpoint.run} ${checkpoint.step} ${draw}`);
      const asked = { checkpoint, references: 'sampled', seed, ...overTimesteps(ctx.task, timesteps) } as const;
      for await (const block of ctx.fisherFactors(asked)) {
        ctx.signal.throwIfAborted();
        yield block;
      }
    }
  }
}

async function explicit(
  ctx: Context,
  { timesteps }: SourceParams,
  { models }: Segment,
  watch: (share: number) => void,
): Promise<MethodState> {
  const { parameters: p } = ctx.task;
  const mean = new Float64Array(p * p);
  for (const [index, checkpoint] of models.entries()) {
    const asked = { checkpoint, kind: 'gauss-newton', ...overTimesteps(ctx.task, timesteps) } as const;
    const matrix = await matrixOfProducts(
      p,
      (vectors) => ctx.curvatureProducts({ ...asked, vectors }),
      (share) => watch((index + share) / (models.length + 1)),
    );
    for (let at = 0; at < mean.length; at++) mean[at] += matrix[at] / models.length;
  }
  const { values, vectors } = await symmetricEigen(mean, p);
  // Rounding makes some negative; a Gauss-Newton matrix has none below 0.
  return { eigenvalues: values.map((value) => Math.max(0, value)), vectors: Float32Array.from(vectors) };
}

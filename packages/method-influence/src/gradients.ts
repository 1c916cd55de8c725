import { type LayerBasis, overTimesteps, type PointSet, type RowBlock } from '@attribution-bench/contract';
import type { System } from './solvers/solver.js';

/** What gradients depend on. */
type Differentiated = Pick<System, 'ctx' | 'checkpoint'> & {
  readonly params: Pick<System['params'], 'timesteps'>;
};

/**
 * ∇loss of every training point, in blocks [rows × p]; generators: averaged over `timesteps`.
 * @param bases that they are written in; default: the parameters as they are
 */
export function trainGradients(system: Differentiated, bases?: readonly LayerBasis[]): AsyncGenerator<RowBlock> {
  return gradients(system, 'train', bases);
}

/** ∇target of every query, likewise. */
export function queryGradients(system: Differentiated, bases?: readonly LayerBasis[]): AsyncGenerator<RowBlock> {
  return gradients(system, 'queries', bases);
}

async function* gradients(
  { ctx, params, checkpoint }: Differentiated,
  of: PointSet,
  bases?: readonly LayerBasis[],
): AsyncGenerator<RowBlock> {
  const output = of === 'train' ? 'loss' : 'target';
  const asked = { of, checkpoint, output, ...overTimesteps(ctx.task, params.timesteps) } as const;
  for await (const block of ctx.gradients(bases === undefined ? asked : { ...asked, bases })) {
    ctx.signal.throwIfAborted();
    yield block;
  }
}

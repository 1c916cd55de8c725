import { overTimesteps, type PointSet, type RowBlock } from '@attribution-bench/contract';
import type { System } from './solvers/solver.js';

/** What gradients depend on. */
type Differentiated = Pick<System, 'ctx' | 'checkpoint'> & {
  readonly params: Pick<System['params'], 'timesteps'>;
};

/** ∇loss of every training point, in blocks [rows × p]; generators: averaged over `timesteps`. */
export function trainGradients(system: Differentiated): AsyncGenerator<RowBlock> {
  return gradients(system, 'train');
}

/** ∇target of every query, in blocks [rows × p]; generators: averaged over `timesteps`. */
export function queryGradients(system: Differentiated): AsyncGenerator<RowBlock> {
  return gradients(system, 'queries');
}

async function* gradients({ ctx, params, checkpoint }: Differentiated, of: PointSet): AsyncGenerator<RowBlock> {
  const output = of === 'train' ? 'loss' : 'target';
  for await (const block of ctx.gradients({ of, checkpoint, output, ...overTimesteps(ctx.task, params.timesteps) })) {
    ctx.signal.throwIfAborted();
    yield block;
  }
}

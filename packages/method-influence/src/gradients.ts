import { overTimesteps, type PointSet, type RowBlock } from '@attribution-bench/contract';
import type { System } from './solvers/solver.js';

/** ∇loss of every training point, in blocks [rows × p]; generators: averaged over `timesteps`. */
export function trainGradients(system: System): AsyncGenerator<RowBlock> {
  return gradients(system, 'train');
}

/** ∇target of every query, in blocks [rows × p]; generators: averaged over `timesteps`. */
export function queryGradients(system: System): AsyncGenerator<RowBlock> {
  return gradients(system, 'queries');
}

async function* gradients({ ctx, params, checkpoint }: System, of: PointSet): AsyncGenerator<RowBlock> {
  const output = of === 'train' ? 'loss' : 'target';
  for await (const block of ctx.gradients({ of, checkpoint, output, ...overTimesteps(ctx.task, params.timesteps) })) {
    ctx.signal.throwIfAborted();
    yield block;
  }
}

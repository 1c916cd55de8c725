import type { System } from './solvers/solver.js';

/**
 * λ as the grid asks for it.
 * @param trace of C; read where damping is in units of the mean eigenvalue
 */
export function askedDamping({ params, ctx }: System, trace: number): number {
  const { damping, dampingUnit } = params;
  return dampingUnit === 'absolute' ? damping : Math.max(0, (damping * trace) / ctx.task.parameters);
}

/**
 * Doubles λ until `attempt` gives something: away from a minimum a network's Hessian has negative eigenvalues. That it was
 * raised is logged.
 */
export async function raisedUntil<T>(
  { ctx, curvature }: System,
  damping: number,
  attempt: (damping: number) => Promise<T | undefined>,
): Promise<T> {
  const named = curvature === 'hessian' ? 'Hessian' : `${curvature} matrix`;
  for (let raised = damping; ; raised = Math.max(2 * raised, 1e-6)) {
    ctx.signal.throwIfAborted();
    const found = await attempt(raised);
    if (found === undefined) continue;
    if (raised !== damping)
      ctx.log(`damping raised from ${damping} to ${raised}: the ${named} is not positive definite`);
    return found;
  }
}

const leastShare = 1e-9;

/**
 * λ of every eigenvector of a C that is known by its eigenvalues, [p], in the unit that the grid asks for. It is doubled until
 * every sum of an eigenvalue and its λ is above a billionth of the largest eigenvalue.
 * @param eigenvalues of C in flat order, [p]
 */
export function layerDamping(system: System, eigenvalues: Float64Array): Promise<Float64Array> {
  const { ctx, params } = system;
  const units = new Float64Array(eigenvalues.length).fill(1);
  if (params.dampingUnit !== 'absolute') units.fill(meanOf(eigenvalues) || 1);
  if (params.dampingUnit === 'layer-mean-eigenvalue') {
    for (const { offset, size } of ctx.task.layers) {
      const mean = meanOf(eigenvalues.subarray(offset, offset + size));
      if (mean > 0) units.fill(mean, offset, offset + size);
    }
  }
  const least = leastShare * eigenvalues.reduce((most, value) => Math.max(most, value), 0);
  return raisedUntil(system, params.damping, async (raised) =>
    eigenvalues.every((value, i) => value + raised * units[i] > least) ? units.map((unit) => raised * unit) : undefined,
  );
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

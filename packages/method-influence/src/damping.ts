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

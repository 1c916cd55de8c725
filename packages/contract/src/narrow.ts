import { BenchError } from './errors.js';
import type { BaseContext, FullMethodContext, Need } from './method.js';

const membersOf: Readonly<Record<Need, readonly (keyof FullMethodContext)[]>> = {
  labels: ['labels'],
  features: ['features'],
  checkpoints: ['checkpoints', 'outputs', 'parameters'],
  gradients: ['gradients'],
  curvature: ['curvatureProducts', 'layerMatrices', 'fisherFactors'],
  trajectory: ['trajectory', 'replay'],
  unrolling: ['unroll', 'reweighted'],
  subsets: ['subsets'],
};

/**
 * The context a method gets: what it declared to need and its own randomness, nothing else.
 * @param ctx what the task can give; methods that need more are not run on it
 * @throws BenchError METHOD_UNDECLARED_NEED, from the member, when a method reaches for what it did not declare
 */
export function narrowContext(ctx: BaseContext, needs: readonly Need[]): FullMethodContext {
  const hidden = new Map<PropertyKey, Need>();
  for (const [need, members] of Object.entries(membersOf) as [Need, readonly string[]][]) {
    if (!needs.includes(need)) for (const member of members) hidden.set(member, need);
  }
  return new Proxy(ctx as FullMethodContext, {
    get(target, member) {
      const need = hidden.get(member);
      if (need !== undefined) {
        throw new BenchError({
          code: 'METHOD_UNDECLARED_NEED',
          message: `the method uses ctx.${String(member)} and does not declare that it needs "${need}"`,
          next: `add '${need}' to its needs`,
        });
      }
      const value: unknown = Reflect.get(target, member);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

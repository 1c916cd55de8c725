import type { MethodState } from './method.js';

/**
 * What becomes of a method that fits one number per training point, `suspicion`, high = likely mislabelled: spread into
 * the method's definition, it gives that number as self-influence and, since a harmful point lowers the targets of queries,
 * its negative as the score for all of them.
 */
export const bySuspicion = {
  async score(_ctx: unknown, _params: unknown, { suspicion }: MethodState): Promise<Float32Array> {
    return Float32Array.from(suspicion, (value) => -value);
  },
  async selfInfluence(_ctx: unknown, _params: unknown, { suspicion }: MethodState): Promise<Float32Array> {
    return Float32Array.from(suspicion);
  },
};

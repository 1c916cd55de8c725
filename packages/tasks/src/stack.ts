import type { Network } from './nn/architecture/layer.js';

/**
 * How many models one training graph trains at once. Small models are bound by the overhead of each operation, which a
 * stack shares; large ones fill the cores' caches by themselves. Part of how bytes come about: a change here changes
 * results, if only in the last digits.
 */
export function modelsAtOnce({ stackable }: Network, parameters: number): number {
  if (!stackable) return 1;
  if (parameters <= 16_384) return 16;
  return parameters <= 65_536 ? 4 : 1;
}

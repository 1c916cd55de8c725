import { BenchError } from '@attribution-bench/contract';
import type { Diffusion } from './diffusion.js';

/** @throws BenchError TIMESTEPS when there are none, or one is not a step of the process */
export function checkTimesteps(timesteps: readonly number[], { steps }: Diffusion): void {
  const wrong = timesteps.find((t) => !Number.isInteger(t) || t < 0 || t >= steps);
  if (wrong === undefined && timesteps.length > 0) return;
  throw new BenchError({
    code: 'TIMESTEPS',
    message: wrong === undefined ? 'no time step was given' : `there is no time step ${wrong}`,
    next: `time steps are 0 to ${steps - 1}`,
  });
}

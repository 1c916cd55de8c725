import { int } from './params.js';
import type { TaskInfo } from './task.js';

/** `count` noise levels spread evenly over all of a diffusion model, from 0: 0, T/count, 2T/count ... (rounded down), as D-TRAK's `uniform`. */
export function uniformTimesteps(steps: number, count: number): number[] {
  const used = Math.min(count, steps);
  const stride = Math.floor(steps / used);
  return Array.from({ length: used }, (_, k) => k * stride);
}

/** Numbers of noise levels that tuning chooses among, the same for every method that averages over them. */
export const timestepsSearch: readonly number[] = [10, 30, 100];

/** The parameter by which a method for both kinds of tasks lets its user choose the noise levels of generators. */
export const timestepsParams = {
  timesteps: int({
    default: 10,
    min: 1,
    search: timestepsSearch,
    readOn: ['generator'],
    help: 'generators: noise levels, evenly spread from 0, over which the gradients of a point are averaged',
  }),
};

/** What {@link timestepsParams} adds to a request: nothing for classifiers. */
export function overTimesteps(
  { kind, diffusionSteps }: Pick<TaskInfo, 'kind' | 'diffusionSteps'>,
  count: number,
): { readonly timesteps?: readonly number[] } {
  return kind === 'generator' ? { timesteps: uniformTimesteps(diffusionSteps, count) } : {};
}

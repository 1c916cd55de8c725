import type { Checkpoint } from './method.js';
import { int } from './params.js';

/** The parameters by which a method lets its user choose models early in training, of several runs. */
export const earlyParams = {
  part: int({
    default: 10,
    min: 1,
    search: [2, 5, 10, 20],
    help: 'models after one such part of the training epochs are looked at: 10 for a tenth, at least one epoch',
  }),
  runs: int({ default: 10, min: 1, help: 'independently seeded training runs that are averaged over' }),
};

/** What a method uses for {@link earlyParams}. */
export function usesEarly({ part, runs }: { readonly part: number; readonly runs: number }) {
  return { checkpoints: runs, trajectory: part, trajectories: runs };
}

/** The first model of each run of a trajectory. */
export function earlyModels(trajectory: readonly Checkpoint[]): readonly Checkpoint[] {
  return trajectory.filter(({ run }, index) => run !== trajectory[index - 1]?.run);
}

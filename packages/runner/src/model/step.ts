import type { ArtifactOutput } from '@attribution-bench/store';
import type { StepJob } from './job.js';

/** `stale`: a result for the same place in the grid is stored, but made from something else; `reason` says what. */
export type StepStatus = 'cached' | 'missing' | 'stale';

/** One piece of work: a pure function of what it needs, with one artifact or (a group of models) several. */
export interface PlannedStep {
  readonly id: string;
  readonly kind: string;
  /** For people: `retrain digits-mlp subsets 0-15 seed 1`. */
  readonly label: string;
  readonly task: string;
  /** Of fit, score and metric steps. */
  readonly method?: string;
  /** Ids of the steps whose artifacts it reads. */
  readonly needs: readonly string[];
  readonly outputs: readonly ArtifactOutput[];
  readonly status: StepStatus;
  readonly reason?: string;
  /** Whether the run has to do it: not cached itself, and something that is wanted rests on it. */
  readonly needed: boolean;
  /** Whether reports read its result, and not only other steps. */
  readonly reported: boolean;
  /** Names its place in the grid, whatever it is made from. */
  readonly place: string;
  readonly job: StepJob;
}

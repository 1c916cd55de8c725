import type { Json } from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import type { StepJob } from './job.js';

/** `stale`: a result for the same place in the grid is stored, but made from something else; `reason` says what. */
export type StepStatus = 'cached' | 'missing' | 'stale';

/** A step before it is known whether its result is stored: a pure function of what it needs. */
export interface StepDraft<Job extends StepJob = StepJob> {
  readonly id: string;
  readonly kind: string;
  /** For people: `retrain digits-mlp subsets 0-15 seed 1`. */
  readonly label: string;
  readonly task: string;
  /** Given for steps of a cell. */
  readonly method?: string;
  /** Ids of the steps whose artifacts it reads. */
  readonly needs: readonly string[];
  /** One artifact, or several of a group of models. */
  readonly outputs: readonly ArtifactOutput[];
  readonly job: Job;
  /** What tells its place in the grid from that of every other step of its kind and task, whatever it is made from. */
  readonly place: readonly Json[];
}

/** One piece of work. */
export interface PlannedStep extends Omit<StepDraft, 'place'> {
  readonly status: StepStatus;
  readonly reason?: string;
  /** Whether the run has to do it: not cached itself, and something that is wanted rests on it. */
  readonly needed: boolean;
  /** Whether reports read its result, and not only other steps. */
  readonly reported: boolean;
  /** Names its place in the grid, whatever it is made from. */
  readonly place: string;
}

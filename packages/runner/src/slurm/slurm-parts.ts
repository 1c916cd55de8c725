import { openStore, type Store } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
import { indexSteps, type StepIndex } from '../steps/step-index.js';
import { type Answers, openAnswers } from './answers.js';
import { type FollowedTasks, openFollowedTasks } from './followed-tasks.js';
import { type Losses, openLosses } from './losses.js';
import type { StepPrediction } from './predict-steps.js';
import { type SlurmRun, slurmRunOf } from './run-folder.js';
import { openStepsLeft, type StepsLeft } from './steps-left.js';
import type { TaskCommand } from './submit-array.js';
import { mostMinutes } from './time-limit.js';

export interface SlurmOptions extends TaskCommand {
  /** What the steps of the plan are expected to take, asked once, and only where something has to be submitted. */
  predict(): Promise<ReadonlyMap<string, StepPrediction>>;
  /** Says something of the jobs, for people. */
  note(line: string): void;
  /** Called when somebody took the jobs back. */
  onTakenBack(): void;
}

/** What a process that watches a run on Slurm consists of. */
export interface SlurmParts {
  readonly plan: Plan;
  readonly options: SlurmOptions;
  readonly run: SlurmRun;
  readonly store: Store;
  readonly byId: StepIndex;
  readonly steps: StepsLeft;
  readonly tasks: FollowedTasks;
  readonly answers: Answers;
  readonly losses: Losses;
  /** Says something of the jobs once, however often it is found. */
  say(line: string): void;
}

export function openSlurmParts(plan: Plan, options: SlurmOptions): SlurmParts {
  const note = (line: string): void => options.note(line);
  const steps = openStepsLeft(plan);
  const said = new Set<string>();
  return {
    plan,
    options,
    run: slurmRunOf(plan),
    store: openStore(plan.storeLocation),
    byId: indexSteps(plan.steps),
    steps,
    tasks: openFollowedTasks(steps, note),
    answers: openAnswers(),
    losses: openLosses(note, mostMinutes(options.profile)),
    say(line) {
      if (said.has(line)) return;
      said.add(line);
      note(line);
    },
  };
}

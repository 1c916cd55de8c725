import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { openStore, type Store } from '@attribution-bench/store';
import type { RetrainJob, TruthJob } from '../model/job.js';
import type { Plan, PlannedTask, PlannedTruth } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';

/** A task of a plan with its truth, and the jobs that make it. */
export interface TruthOfTask {
  readonly planned: PlannedTask;
  readonly truth: PlannedTruth;
  readonly job: TruthJob;
  readonly groups: readonly RetrainJob[];
}

export function storeOf(plan: Plan): Store {
  return openStore(join(plan.resultsFolder, 'store'));
}

/** The tasks of a plan that have a truth. @throws BenchError TRUTH_NONE when no task has */
export function truthsOf(plan: Plan): TruthOfTask[] {
  const steps = new Map(plan.steps.map((step): [string, PlannedStep] => [step.id, step]));
  const found = plan.tasks.flatMap((planned): TruthOfTask[] => {
    const { truth } = planned;
    const job = truth === undefined ? undefined : steps.get(truth.step)?.job;
    if (truth === undefined || job?.kind !== 'truth') return [];
    const groups = truth.steps.flatMap((id) => {
      const group = steps.get(id)?.job;
      return group?.kind === 'retrain' ? [group] : [];
    });
    return [{ planned, truth, job, groups }];
  });
  if (found.length > 0) return found;
  throw new BenchError({
    code: 'TRUTH_NONE',
    place: plan.grid.file,
    message: 'no task has ground truth',
    next: 'add truth: { subsets: 64 }',
  });
}

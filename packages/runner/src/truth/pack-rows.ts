import { BenchError } from '@attribution-bench/contract';
import { openStore, type Store } from '@attribution-bench/store';
import type { ModelTask } from '../model/grid.js';
import type { Plan, PlannedTask, PlannedTruth } from '../model/plan.js';
import { type RetrainJob, retrainStep } from '../steps/kinds/retrain.js';
import { type TruthJob, truthStep } from '../steps/kinds/truth.js';
import { indexSteps } from '../steps/step-index.js';

/** A task of a plan with its truth, and the jobs that make it. */
export interface TruthOfTask {
  readonly task: ModelTask;
  readonly planned: PlannedTask;
  readonly truth: PlannedTruth;
  readonly job: TruthJob;
  readonly groups: readonly RetrainJob[];
}

export function storeOf(plan: Plan): Store {
  return openStore(plan.storeLocation);
}

/** The tasks of a plan that have a truth of our own. @throws BenchError TRUTH_NONE when no task has */
export function truthsOf(plan: Plan): TruthOfTask[] {
  const steps = indexSteps(plan.steps);
  const found = plan.tasks.flatMap((planned): TruthOfTask[] => {
    const { truth } = planned;
    const job = truthStep.jobOf(steps.get(truth?.step ?? ''));
    const { task } = planned;
    if (truth === undefined || job === undefined || task.spec === undefined) return [];
    const groups = truth.steps.flatMap((id) => retrainStep.jobOf(steps.get(id)) ?? []);
    return [{ task, planned, truth, job, groups }];
  });
  if (found.length > 0) return found;
  throw new BenchError({
    code: 'TRUTH_NONE',
    place: plan.grid.file,
    message: 'no task has ground truth',
    next: 'add truth: { subsets: 64 }',
  });
}

import type { StepJob } from '../model/job.js';
import type { StepDraft } from '../model/step.js';

/** Steps by id; one that is asked for twice is listed once. */
export type StepList = Map<string, StepDraft>;

/** Adds a step, and returns it. */
export function addStep<Job extends StepJob>(steps: StepList, draft: StepDraft<Job>): StepDraft<Job> {
  const present = steps.get(draft.id);
  if (present === undefined || present.outputs.length < draft.outputs.length) steps.set(draft.id, draft);
  return draft;
}

import type { PlannedStep } from '../model/step.js';

/** Steps by id. */
export type StepIndex = ReadonlyMap<string, PlannedStep>;

export function indexSteps(steps: readonly PlannedStep[]): StepIndex {
  return new Map(steps.map((step) => [step.id, step]));
}

import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import { indexSteps } from '../steps/step-index.js';

/**
 * Seconds until `workers` have done all steps, when each takes what `secondsOf` says: by going through the run event by
 * event, in the order in which a run starts steps.
 */
export function makespan(
  steps: readonly PlannedStep[],
  secondsOf: (step: PlannedStep) => number,
  workers: number,
): number {
  const open = indexSteps(steps);
  const blockers = new Map(steps.map(({ id, needs }) => [id, needs.filter((need) => open.has(need)).length]));
  const restOn = new Map<string, PlannedStep[]>();
  for (const step of steps)
    for (const need of step.needs) if (open.has(need)) restOn.set(need, [...(restOn.get(need) ?? []), step]);
  const ready: PlannedStep[] = steps.filter(({ id }) => blockers.get(id) === 0);
  const running: { readonly step: PlannedStep; readonly until: number }[] = [];
  let now = 0;
  for (;;) {
    while (running.length < workers && ready.length > 0) {
      const step = ready.splice(indexOfNext(ready), 1)[0];
      running.push({ step, until: now + secondsOf(step) });
    }
    if (running.length === 0) return now;
    const next = running.reduce((least, { until }, i) => (until < running[least].until ? i : least), 0);
    const [{ step: ended, until }] = running.splice(next, 1);
    now = until;
    for (const step of restOn.get(ended.id) ?? []) {
      const left = (blockers.get(step.id) ?? 1) - 1;
      blockers.set(step.id, left);
      if (left === 0) ready.push(step);
    }
  }
}

/** The first of the highest priority. */
function indexOfNext(ready: readonly PlannedStep[]): number {
  const priorities = ready.map((step) => definitionOf(step).priority);
  return priorities.indexOf(Math.max(...priorities));
}

import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import { indexSteps } from '../steps/step-index.js';
import { newHeap } from './heap.js';

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
  const blockers = new Map<string, number>();
  const restOn = new Map<string, PlannedStep[]>();
  const ready = newReadyQueue();
  for (const step of steps) {
    const needs = step.needs.filter((need) => open.has(need));
    blockers.set(step.id, needs.length);
    for (const need of needs) {
      const others = restOn.get(need);
      if (others === undefined) restOn.set(need, [step]);
      else others.push(step);
    }
    if (needs.length === 0) ready.add(step);
  }
  const running = newHeap<{ readonly step: PlannedStep; readonly until: number; readonly order: number }>(
    (a, b) => a.until - b.until || a.order - b.order,
  );
  let started = 0;
  let now = 0;
  for (;;) {
    while (running.size < workers) {
      const step = ready.take();
      if (step === undefined) break;
      running.add({ step, until: now + secondsOf(step), order: started++ });
    }
    const ended = running.take();
    if (ended === undefined) return now;
    now = ended.until;
    for (const step of restOn.get(ended.step.id) ?? []) {
      const left = (blockers.get(step.id) ?? 1) - 1;
      blockers.set(step.id, left);
      if (left === 0) ready.add(step);
    }
  }
}

/** Steps that can start: those of the highest priority first, in the order in which they came. */
function newReadyQueue(): { add(step: PlannedStep): void; take(): PlannedStep | undefined } {
  const heap = newHeap<{ readonly step: PlannedStep; readonly order: number; readonly priority: number }>(
    (a, b) => b.priority - a.priority || a.order - b.order,
  );
  let added = 0;
  return {
    add: (step) => heap.add({ step, order: added++, priority: definitionOf(step).priority }),
    take: () => heap.take()?.step,
  };
}

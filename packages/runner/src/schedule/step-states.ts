import type { PlainError } from '@attribution-bench/contract';
import type { PlannedStep } from '../model/step.js';
import { indexSteps } from '../steps/step-index.js';

/**
 * `idle`: nobody wants it. `waiting`: for what it needs. `done` includes what was stored before. `blocked`: something
 * that it needs failed.
 */
export type StepState = 'idle' | 'waiting' | 'running' | 'done' | 'failed' | 'blocked';

/** A failure and the step where it happened. */
export interface Failure {
  readonly step: string;
  readonly error: PlainError;
}

/** How far each step is. */
export interface StepStates {
  of(id: string): StepState;
  failureOf(id: string): Failure | undefined;
  /** Wants a step; what it needs is wanted too unless it is done. */
  want(id: string): void;
  /** A result that was thought to be stored is not: it is wanted again and, where needed, what it is made from. */
  lose(id: string): void;
  start(id: string): void;
  /** Back to waiting, and not ready until `retry`. */
  wait(id: string): void;
  /** Back to waiting, for another try. */
  retry(id: string): void;
  finish(id: string): void;
  /** Returns the steps that can no longer be done. */
  fail(id: string, error: PlainError): readonly string[];
  count(state: StepState): number;
}

/** @param onReady told of each step that is wanted and can be done now */
export function trackSteps(steps: readonly PlannedStep[], onReady: (step: PlannedStep) => void): StepStates {
  const byId = indexSteps(steps);
  const states = new Map(
    steps.map(({ id, status }): [string, StepState] => [id, status === 'cached' ? 'done' : 'idle']),
  );
  const failures = new Map<string, Failure>();
  const restOn = new Map<string, string[]>();
  for (const { id, needs } of steps)
    for (const need of needs) {
      const others = restOn.get(need);
      if (others === undefined) restOn.set(need, [id]);
      else others.push(id);
    }
  const stepOf = (id: string): PlannedStep => byId.get(id) as PlannedStep;
  const offer = (id: string): void => {
    const step = stepOf(id);
    if (states.get(id) === 'waiting' && step.needs.every((need) => states.get(need) === 'done')) onReady(step);
  };
  const want = (id: string): void => {
    if (states.get(id) !== 'idle') return;
    states.set(id, 'waiting');
    for (const need of stepOf(id).needs) want(need);
    offer(id);
  };
  return {
    of: (id) => states.get(id) ?? 'idle',
    failureOf: (id) => failures.get(id),
    want,
    lose(id) {
      if (states.get(id) !== 'done') return;
      states.set(id, 'idle');
      want(id);
    },
    start: (id) => void states.set(id, 'running'),
    wait: (id) => void states.set(id, 'waiting'),
    retry(id) {
      states.set(id, 'waiting');
      offer(id);
    },
    finish(id) {
      states.set(id, 'done');
      for (const next of restOn.get(id) ?? []) offer(next);
    },
    fail(id, error) {
      states.set(id, 'failed');
      const failure = { step: id, error };
      failures.set(id, failure);
      const blocked: string[] = [];
      const block = (from: string): void => {
        for (const next of restOn.get(from) ?? []) {
          if (states.get(next) !== 'waiting') continue;
          states.set(next, 'blocked');
          failures.set(next, failure);
          blocked.push(next);
          block(next);
        }
      };
      block(id);
      return blocked;
    },
    count: (state) => [...states.values()].filter((each) => each === state).length,
  };
}

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
  /** How many of the steps that one needs are not done, by its id. */
  const missing = new Map<string, number>();
  for (const { id, needs } of steps) {
    missing.set(id, needs.filter((need) => states.get(need) !== 'done').length);
    for (const need of needs) {
      const others = restOn.get(need);
      if (others === undefined) restOn.set(need, [id]);
      else others.push(id);
    }
  }
  const stepOf = (id: string): PlannedStep => byId.get(id) as PlannedStep;
  const enter = (id: string, state: StepState): void => {
    const change = Number(states.get(id) === 'done') - Number(state === 'done');
    states.set(id, state);
    if (change === 0) return;
    for (const next of restOn.get(id) ?? []) missing.set(next, (missing.get(next) ?? 0) + change);
  };
  const offer = (id: string): void => {
    if (states.get(id) === 'waiting' && missing.get(id) === 0) onReady(stepOf(id));
  };
  const want = (id: string): void => {
    if (states.get(id) !== 'idle') return;
    enter(id, 'waiting');
    for (const need of stepOf(id).needs) want(need);
    offer(id);
  };
  return {
    of: (id) => states.get(id) ?? 'idle',
    failureOf: (id) => failures.get(id),
    want,
    lose(id) {
      if (states.get(id) !== 'done') return;
      enter(id, 'idle');
      want(id);
    },
    start: (id) => enter(id, 'running'),
    wait: (id) => enter(id, 'waiting'),
    retry(id) {
      enter(id, 'waiting');
      offer(id);
    },
    finish(id) {
      enter(id, 'done');
      for (const next of restOn.get(id) ?? []) offer(next);
    },
    fail(id, error) {
      enter(id, 'failed');
      const failure = { step: id, error };
      failures.set(id, failure);
      const blocked: string[] = [];
      const block = (from: string): void => {
        for (const next of restOn.get(from) ?? []) {
          if (states.get(next) !== 'waiting') continue;
          enter(next, 'blocked');
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

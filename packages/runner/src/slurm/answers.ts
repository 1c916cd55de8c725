import type { PlainError } from '@attribution-bench/contract';
import type { Execution, WorkMessage, WorkResult } from '../model/work.js';

/**
 * Tells a run how its steps end. Steps are submitted before the run knows that they can be done, so one may have begun or
 * ended before the run gives it out.
 */
export interface Answers {
  /** Ids of the steps that the run has given out and waits for. */
  awaited(): Iterable<string>;
  /** Enters a step that the run gives out. @param hear told what the step says */
  give(id: string, hear: (message: WorkMessage) => void): Execution;
  /** Whether the run has still to hear how a step ended that it has not given out yet. */
  has(id: string): boolean;
  begin(id: string): void;
  /** Takes back that a step has begun. */
  stop(id: string): void;
  log(id: string, message: Extract<WorkMessage, { type: 'log' }>): void;
  end(id: string, result: WorkResult): void;
  /** Nothing more can be done: whoever waits is told why. */
  giveUp(error: PlainError): void;
}

interface Awaited {
  hear(message: WorkMessage): void;
  resolve(result: WorkResult): void;
}

const cancelled: WorkResult = { status: 'cancelled', pace: { seconds: 0 } };

export function openAnswers(): Answers {
  const awaited = new Map<string, Awaited>();
  const begun = new Set<string>();
  const results = new Map<string, WorkResult>();

  function answer(id: string, result: WorkResult): boolean {
    const waiting = awaited.get(id);
    awaited.delete(id);
    waiting?.resolve(result);
    return waiting !== undefined;
  }

  return {
    awaited: () => awaited.keys(),
    has: (id) => results.has(id),
    give(id, hear) {
      const known = results.get(id);
      if (known !== undefined) {
        results.delete(id);
        return { result: Promise.resolve(known), cancel() {} };
      }
      const result = new Promise<WorkResult>((resolve) => awaited.set(id, { hear, resolve }));
      if (begun.has(id)) hear({ type: 'begun' });
      return { result, cancel: () => answer(id, cancelled) };
    },
    begin(id) {
      begun.add(id);
      awaited.get(id)?.hear({ type: 'begun' });
    },
    stop: (id) => void begun.delete(id),
    log: (id, message) => awaited.get(id)?.hear(message),
    end(id, result) {
      if (!answer(id, result)) results.set(id, result);
    },
    giveUp(error) {
      for (const id of [...awaited.keys()]) answer(id, { status: 'failed', error });
    },
  };
}

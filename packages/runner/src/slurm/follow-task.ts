import type { PlainError } from '@attribution-bench/contract';
import type { RunEvent, RunOutcome } from '../journal/events.js';
import { followEvents } from './follow-events.js';
import type { TaskState } from './job-states.js';
import { eventsFile, type Submission } from './run-folder.js';

/** A task of an array and how far it is. */
export interface FollowedTask {
  readonly submission: Submission;
  readonly index: number;
  /** Steps of which it has not told that they ended. */
  readonly left: Set<string>;
  /** Steps that it has begun, since it was started for the last time. */
  readonly begun: ReadonlySet<string>;
  /** Labels of those that it has begun and not ended. */
  readonly wasAt: readonly string[];
  /** Failures of its steps that may be its own: their processes were killed, perhaps for its memory. */
  readonly suspects: Map<string, PlainError>;
  /** Where it runs or ran; empty before. */
  readonly node: string;
  /** How it said that it ended. */
  readonly outcome: RunOutcome | undefined;
  /** Steps done. */
  done: number;
  /** Whether it ended since its node is of a kind that the run does not keep to. */
  isMisplaced: boolean;
  /** Answers of the scheduler in a row that lack it. */
  answersWithout: number;
  /** Events that it has written since the last time. @param state what the scheduler says of it */
  read(state: TaskState | undefined): Promise<readonly RunEvent[]>;
}

export function followTask(submission: Submission, index: number, steps: Iterable<string>): FollowedTask {
  const events = followEvents(eventsFile(submission, index));
  const begun = new Set<string>();
  const at = new Map<string, string>();
  const suspects = new Map<string, PlainError>();
  let node = '';
  let outcome: RunOutcome | undefined;
  return {
    submission,
    index,
    left: new Set(steps),
    begun,
    suspects,
    get wasAt() {
      return [...at.values()];
    },
    get node() {
      return node;
    },
    get outcome() {
      return outcome;
    },
    done: 0,
    isMisplaced: false,
    answersWithout: 0,
    async read(state) {
      node = state?.node || node;
      // Thousands of tasks may wait: what has not begun has nothing to tell, and none of the files is opened.
      if (state?.state === 'PENDING' && node === '') return [];
      const added = await events.read();
      for (const event of added) {
        if (event.type === 'run-started') {
          begun.clear();
          at.clear();
          suspects.clear();
          outcome = undefined;
        } else if (event.type === 'step-started') {
          begun.add(event.step);
          at.set(event.step, event.label);
        } else if (event.type === 'step-finished') at.delete(event.step);
        else if (event.type === 'run-finished') outcome = event.outcome;
      }
      return added;
    },
  };
}

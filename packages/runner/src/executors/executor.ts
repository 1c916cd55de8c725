import type { RunnablePlan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import type { Execution, WorkMessage } from '../model/work.js';

/**
 * Where the steps of a run are done: in threads and processes of this machine, or on others. A run decides which steps come
 * next, which of several processes does each, and what follows from how it ended; an executor does what it is given and
 * knows nothing of the other steps.
 */
export interface Executor {
  /** How many steps it takes at a time. It is given another one only when one of them has ended. */
  readonly capacity: number;
  /**
   * Set where what does the steps is a run of its own, as on other machines: it takes their claims, holds them to budgets and
   * notes what they cost. Results of such steps say of themselves only what the other run told of them.
   */
  readonly delegates?: {
    /** How many steps are done side by side, as far as that is known: what predictions of the time left divide by. */
    readonly workers: number;
  };
  /**
   * Has a step done. The results that it reads are stored, and those that it makes are once it ends as `done`, but for those
   * that come back with its end.
   * Returns at once, so that an executor that does steps in packs can gather all that it is given in one turn.
   * @param hear told what the step says until it ends
   */
  start(step: PlannedStep, hear: (message: WorkMessage) => void): Execution;
  /**
   * Says how many threads each step may compute on from now on, those that are being done included; at first one. Absent: it
   * does not divide steps.
   */
  allow?(threads: number): void;
  /** Resolves when everything that was started has ended and nothing is left of the executor. */
  close(): Promise<void>;
}

/** What an executor can know when a run begins. */
export interface ExecutorContext {
  readonly plan: RunnablePlan;
  /** What opens the store that steps read and write. */
  readonly storeLocation: string;
  /** How many steps the user wants at a time. */
  readonly jobs: number;
}

export type OpenExecutor = (context: ExecutorContext) => Executor | Promise<Executor>;

import type { OpenExecutor } from '../executors/executor.js';
import type { RunEvent } from '../journal/events.js';

export interface RunOptions {
  /** How many steps are done side by side; threads of this machine are no more than it has cores. */
  readonly jobs: number;
  readonly maxTimeMs?: number;
  readonly failFast?: boolean;
  readonly cancel?: AbortSignal;
  /** After how long without a sign of life the work of another machine is taken over, in ms; default two minutes. */
  readonly silenceMs?: number;
  /**
   * The job of a cluster's scheduler that this process is: claims of the same job in another process are dead. It is one of many
   * and does little of what is stored, so that it does not look through all of the results.
   */
  readonly job?: string;
  /** Leaves steps that other processes are at to them, and does not wait until they have ended. */
  readonly leavesOthers?: boolean;
  /** Raised when the process is about to be killed: what this run is at is given back to others at once. */
  readonly abandon?: AbortSignal;
  /** What does the steps; default threads and processes of this machine. */
  readonly executor?: OpenExecutor;
  onEvent?(event: RunEvent): void;
}

import type { PlainError } from '@attribution-bench/contract';
import type { GatheredRow } from '@attribution-bench/store';
import type { StepJob } from './job.js';
import type { PlanEnvironment } from './plan.js';

/** One step to do, as plain data. */
export interface Work {
  readonly job: StepJob;
  /** What opens the store that the step reads and writes. */
  readonly storeLocation: string;
  readonly environment: PlanEnvironment;
  /** Stop after so many processor seconds, once the pace is known: the step is only tried. */
  readonly trialSeconds?: number;
  /** Small results come back and are not stored, for who writes many of them at once; not from processes with user code. */
  readonly gathers?: true;
}

/** What a step tells besides its artifacts. */
export interface StepReport {
  /** Seconds of its own work: without opening tasks and reading what it needs. */
  readonly seconds: number;
  /** The largest resident memory of its work, where that was measured by itself; otherwise it is that of the process. */
  readonly peakRssBytes?: number;
  /** Metric steps: the value on the report split. */
  readonly value?: number;
}

/** How fast a step got ahead, in processor seconds of its thread since its start, reading and writing included. */
export interface Pace {
  readonly seconds: number;
  /** The first and the last time it said how far it was. */
  readonly first?: Mark;
  readonly last?: Mark;
}

export interface Mark {
  /** Share of the step, 0 to 1. */
  readonly done: number;
  readonly seconds: number;
}

export type WorkMessage =
  | { readonly type: 'begun' }
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'log'; readonly level: 'info' | 'warning'; readonly message: string };

/** What comes back: never an exception, since classes and fields of errors are lost between threads. */
export type WorkResult =
  | {
      readonly status: 'done';
      readonly report: StepReport;
      readonly pace: Pace;
      /** Results that are not stored yet, where there are any. */
      readonly gathered?: readonly GatheredRow[];
    }
  /** `ended`: its process was ended, since it did not stop when asked or took too much memory. */
  | { readonly status: 'cancelled'; readonly pace: Pace; readonly ended?: true }
  | { readonly status: 'failed'; readonly error: PlainError };

/** A step that an executor was given. */
export interface Execution {
  /** Never rejects. */
  readonly result: Promise<WorkResult>;
  /** Asks the step to stop at its next opportunity; one in a process of its own is ended when it does not stop soon. */
  cancel(): void;
  /** Given where the step does not share the memory of this process: how much it has, and how it can be ended. */
  readonly process?: StepProcess;
}

/** The process of one step, on this machine or another one. */
export interface StepProcess {
  /** Resident memory now; 0 before it is known. */
  readonly rssBytes: number;
  /** The largest resident memory since the step was given to the process. */
  readonly peakRssBytes: number;
  /** How much more memory it has now than when the step was given to it. */
  readonly grownBytes: number;
  /** Ends it at once, whatever it does. */
  end(): void;
}

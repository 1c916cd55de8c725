import type { MessagePort } from 'node:worker_threads';
import type { PlainError } from '@attribution-bench/contract';
import type { PlanEnvironment } from '../plan/plan.js';
import type { CancelFlag } from '../steps/cancel.js';
import type { StepJob } from '../steps/job.js';
import type { StepReport } from '../steps/workshop.js';
import type { Pace } from './pace.js';

/** What goes to a worker thread. */
export interface Work {
  readonly job: StepJob;
  readonly storeFolder: string;
  readonly environment: PlanEnvironment;
  readonly cancel: CancelFlag;
  /** Stop after so many processor seconds, once the pace is known: the step is only tried. */
  readonly trialSeconds?: number;
  /** {@link WorkMessage}s come back here while the step runs. */
  readonly port: MessagePort;
}

export type WorkMessage =
  | { readonly type: 'begun' }
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'log'; readonly level: 'info' | 'warning'; readonly message: string };

/** What comes back: never an exception, since classes and fields of errors are lost between threads. */
export type WorkResult =
  | { readonly status: 'done'; readonly report: StepReport; readonly pace: Pace }
  | { readonly status: 'cancelled'; readonly pace: Pace }
  | { readonly status: 'failed'; readonly error: PlainError };

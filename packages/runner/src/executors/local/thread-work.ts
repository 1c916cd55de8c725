import type { MessagePort } from 'node:worker_threads';
import type { Work, WorkMessage } from '../../model/work.js';
import type { CancelFlag } from './cancel-flag.js';
import type { ThreadShare } from './thread-share.js';

/** What goes to a worker thread. */
export interface ThreadWork extends Work {
  readonly cancel: CancelFlag;
  /** The same for all work of a thread. */
  readonly share: ThreadShare;
  /** Tells the step from the others of its pool. */
  readonly number: number;
}

/** What a worker thread says while it does a step: a message of the step, where it asks for points, or that it has said all. */
export type ThreadMessage = { readonly number: number } & (
  | { readonly message: WorkMessage }
  | { readonly points: MessagePort }
  | { readonly hasEnded: true }
);

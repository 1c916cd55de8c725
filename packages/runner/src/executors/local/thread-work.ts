import type { MessagePort } from 'node:worker_threads';
import type { Work, WorkMessage } from '../../model/work.js';
import type { CancelFlag } from './cancel-flag.js';
import type { ThreadShare } from './thread-share.js';

/** What goes to a worker thread. */
export interface ThreadWork extends Work {
  readonly cancel: CancelFlag;
  /** The same for all work of a thread. */
  readonly share: ThreadShare;
  /** A {@link WorkMessage} comes back here while the step runs. */
  readonly port: MessagePort;
}

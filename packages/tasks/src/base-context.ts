import { type BaseContext, childSeed, Rng, type TaskInfo } from '@attribution-bench/contract';
import type { ContextRequest } from './task.js';

/** What every method sees, whatever it needs. */
export function baseContext(
  task: TaskInfo,
  { scope, cancel, progress, log, note }: Pick<ContextRequest, 'scope' | 'cancel' | 'progress' | 'log' | 'note'>,
): BaseContext {
  let done = 0;
  return {
    task,
    rng: (name) => new Rng(childSeed(scope, name)),
    seed: (name) => childSeed(scope, name),
    progress(share) {
      done = Math.max(done, Math.min(1, share));
      progress(done);
    },
    signal: cancel,
    log,
    note(message) {
      log(message);
      note?.(message);
    },
  };
}

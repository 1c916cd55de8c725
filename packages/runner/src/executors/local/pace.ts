import { Cancelled, type CancelSignal } from '@attribution-bench/contract';
import type { Mark, Pace } from '../../model/work.js';
import { threadSeconds } from './thread-clock.js';

/** Measures the pace of a step that starts now. */
export function paceMeter(): { mark(done: number): void; read(): Pace } {
  const start = threadSeconds();
  let first: Mark | undefined;
  let last: Mark | undefined;
  return {
    mark(done) {
      if (done <= (last?.done ?? 0)) return;
      last = { done, seconds: threadSeconds() - start };
      first ??= last;
    },
    read: () => ({ seconds: threadSeconds() - start, ...(first && { first }), ...(last && { last }) }),
  };
}

/** How much longer a trial waits for a step to say twice how far it is. */
const patience = 20;

/** The signal of a step that is only tried: raised as well when it took `seconds` and its pace is known. */
export function trialSignal(signal: CancelSignal, seconds: number, pace: () => Pace): CancelSignal {
  const over = (): boolean => {
    const { seconds: spent, first, last } = pace();
    return spent > (first === last ? patience * seconds : seconds);
  };
  return {
    get aborted() {
      return signal.aborted || over();
    },
    throwIfAborted() {
      signal.throwIfAborted();
      if (over()) throw new Cancelled();
    },
  };
}

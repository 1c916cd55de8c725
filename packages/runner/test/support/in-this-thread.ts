import { newCancelFlag, raise, signalOf } from '../../src/executors/local/cancel-flag.js';
import { doWork } from '../../src/executors/local/do-work.js';
import type { OpenExecutor } from '../../src/index.js';
import { openPointMemory } from '../../src/steps/point-memory.js';

/** Does one step after the other, all in the thread of the run itself. */
export const inThisThread: OpenExecutor = ({ plan: { environment }, storeLocation }) => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    capacity: 1,
    start({ job }, hear) {
      const flag = newCancelFlag();
      const result = doWork({ job, storeLocation, environment }, signalOf(flag), hear, { points: openPointMemory() });
      last = result;
      return { result, cancel: () => raise(flag) };
    },
    close: async () => void (await last),
  };
};

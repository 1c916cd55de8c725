import { loadModule } from '../../isolation/load-module.js';
import type { UserCode } from '../../isolation/user-code.js';
import { startUserProcess, type UserProcess } from '../../isolation/user-process.js';
import type { Execution, Work, WorkMessage } from '../../model/work.js';
import { executeIn } from './process-execution.js';

/** Processes in which steps with user code are done, one step at a time in each. */
export interface UserProcesses {
  start(work: Work, code: UserCode, hear: (message: WorkMessage) => void): Execution;
  /** Ends those that have nothing to do. */
  close(): void;
}

/**
 * A process that did its step as it should waits for the next one with the same code, which saves loading it again; any other
 * is ended.
 * @param most how many wait or work at the same time, at most
 * @param heapBytes as {@link startUserProcess} has it
 */
export function openUserProcesses(most: number, heapBytes?: number): UserProcesses {
  const waiting: { readonly id: string; readonly process: UserProcess }[] = [];
  let busy = 0;

  /** One that waits for such code, or a new one in place of the one that has waited longest. */
  function take(id: string, storeLocation: string): { process: UserProcess; isNew: boolean } {
    for (;;) {
      const index = waiting.findIndex((entry) => entry.id === id);
      if (index === -1) break;
      const [{ process }] = waiting.splice(index, 1);
      if (process.alive) return { process, isNew: false };
    }
    if (busy + waiting.length >= most) waiting.shift()?.process.end();
    return { process: startUserProcess({ heapBytes, storeLocation }), isNew: true };
  }

  return {
    start(work, { id, modules }, hear) {
      const { process, isNew } = take(id, work.storeLocation);
      busy++;
      return executeIn(process, work, {
        prepare: isNew ? () => prepare(process, modules) : undefined,
        hear,
        onEnd(reusable) {
          busy--;
          if (reusable) waiting.push({ id, process });
          else process.end();
        },
      });
    },
    close() {
      for (const { process } of waiting.splice(0)) process.end();
    },
  };
}

/**
 * Loads everything that steps with the code need, the bench's own code first, so that no user code can spoil it while it loads;
 * the resident memory of the process then.
 */
async function prepare(process: UserProcess, modules: UserCode['modules']): Promise<number> {
  await process.ask({ ask: 'prepare' });
  for (const module of modules) await loadModule(process, module);
  return Number(await process.ask({ ask: 'prepare' }));
}

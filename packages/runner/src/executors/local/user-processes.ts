import { BenchError, toPlainError } from '@attribution-bench/contract';
import { graceMs } from '../../isolation/limits.js';
import { loadModule } from '../../isolation/load-module.js';
import type { UserCode } from '../../isolation/user-code.js';
import { startUserProcess, type UserProcess } from '../../isolation/user-process.js';
import type { Execution, Work, WorkMessage, WorkResult } from '../work.js';

/** Processes in which steps with user code are done, one step at a time in each. */
export interface UserProcesses {
  start(work: Work, code: UserCode, onMessage: (message: WorkMessage) => void): Execution;
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
  function take({ id }: UserCode): { process: UserProcess; fresh: boolean } {
    for (const [index, entry] of [...waiting].entries()) {
      if (entry.id !== id) continue;
      waiting.splice(index, 1);
      if (entry.process.alive) return { process: entry.process, fresh: false };
      return take({ id, modules: [] });
    }
    if (busy + waiting.length >= most) waiting.shift()?.process.end();
    return { process: startUserProcess(heapBytes), fresh: true };
  }

  return {
    start(work, code, onMessage) {
      const { process, fresh } = take(code);
      busy++;
      let base = process.rssBytes;
      let peak = process.rssBytes;
      let stopping = false;
      let ended = false;
      let grace: NodeJS.Timeout | undefined;
      const end = (): void => {
        ended = true;
        process.end();
      };
      const sampled = (): number => {
        peak = Math.max(peak, process.rssBytes);
        return process.rssBytes;
      };
      const done = async (): Promise<WorkResult> => {
        try {
          if (fresh) base = await opened(process, code);
          peak = base;
          if (stopping) return { status: 'cancelled', pace: { seconds: 0 } };
          return checked(await process.ask({ ask: 'step', work }, { onMessage }));
        } catch (error) {
          if (ended) return { status: 'cancelled', pace: { seconds: 0 }, ended: true };
          return { status: 'failed', error: toPlainError(error) };
        }
      };
      const result = done().then((outcome) => {
        clearTimeout(grace);
        busy--;
        if (process.alive && outcome.status !== 'failed' && !ended) waiting.push({ id: code.id, process });
        else process.end();
        return outcome;
      });
      return {
        result,
        cancel() {
          if (stopping) return;
          stopping = true;
          process.stop();
          grace = setTimeout(end, graceMs);
        },
        process: {
          get rssBytes() {
            return sampled();
          },
          get peakRssBytes() {
            sampled();
            return peak;
          },
          get grownBytes() {
            return sampled() - base;
          },
          end,
        },
      };
    },
    close() {
      for (const { process } of waiting.splice(0)) process.end();
    },
  };
}

/** Loads everything that steps with the code need; the resident memory of the process then. */
async function opened(process: UserProcess, { modules }: UserCode): Promise<number> {
  for (const module of modules) await loadModule(process, module);
  return Number(await process.ask({ ask: 'prepare' }));
}

/** User code can send what it likes in the name of its process. */
function checked(answer: unknown): WorkResult {
  const { status } = (answer ?? {}) as Partial<WorkResult>;
  if (status === 'done' || status === 'cancelled' || status === 'failed') return answer as WorkResult;
  throw new BenchError({ code: 'USER_CODE_ANSWER', message: 'answered in the place of the bench' });
}

import { BenchError, toPlainError } from '@attribution-bench/contract';
import { graceMs } from '../../isolation/limits.js';
import type { UserProcess } from '../../isolation/user-process.js';
import type { Execution, StepProcess, Work, WorkMessage, WorkResult } from '../../model/work.js';

export interface ProcessExecutionOptions {
  /** Loads into a new process what the step needs; the resident memory of the process then. Absent: it is loaded. */
  readonly prepare?: (() => Promise<number>) | undefined;
  readonly hear: (message: WorkMessage) => void;
  /** Called before the result is known to others. @param reusable whether the process did as it should */
  onEnd(reusable: boolean): void;
}

/** Has a step done in a process with user code, which is ended when it does not stop when told to. */
export function executeIn(process: UserProcess, work: Work, options: ProcessExecutionOptions): Execution {
  let stopping = false;
  let ended = false;
  let grace: NodeJS.Timeout | undefined;
  const end = (): void => {
    ended = true;
    process.end();
  };
  const watched = watch(process, end);
  const answer = async (): Promise<WorkResult> => {
    try {
      watched.startAt((await options.prepare?.()) ?? process.rssBytes);
      if (stopping) return { status: 'cancelled', pace: { seconds: 0 } };
      return checked(await process.ask({ ask: 'step', work }, { onMessage: options.hear }));
    } catch (error) {
      if (ended) return { status: 'cancelled', pace: { seconds: 0 }, ended: true };
      return { status: 'failed', error: toPlainError(error) };
    }
  };
  const result = answer().then((outcome) => {
    clearTimeout(grace);
    options.onEnd(process.alive && outcome.status !== 'failed' && !ended);
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
    process: watched,
  };
}

/** The memory of a process from the start of a step on. */
function watch(process: UserProcess, end: () => void): StepProcess & { startAt(rssBytes: number): void } {
  let base = process.rssBytes;
  let peak = process.rssBytes;
  const sample = (): number => {
    peak = Math.max(peak, process.rssBytes);
    return process.rssBytes;
  };
  return {
    startAt(rssBytes) {
      base = rssBytes;
      peak = rssBytes;
    },
    get rssBytes() {
      return sample();
    },
    get peakRssBytes() {
      sample();
      return peak;
    },
    get grownBytes() {
      return sample() - base;
    },
    end,
  };
}

/** User code can send what it likes in the name of its process. */
function checked(answer: unknown): WorkResult {
  const { status } = (answer ?? {}) as Partial<WorkResult>;
  if (status === 'done' || status === 'cancelled' || status === 'failed') return answer as WorkResult;
  throw new BenchError({ code: 'USER_CODE_ANSWER', message: 'answered in the place of the bench' });
}

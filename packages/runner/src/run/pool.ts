import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { BenchError, exitCode, toPlainError } from '@attribution-bench/contract';
import { Piscina } from 'piscina';
import type { PlanEnvironment } from '../plan/plan.js';
import { type CancelFlag, newCancelFlag, raise } from '../steps/cancel.js';
import type { StepJob } from '../steps/job.js';
import type { Work, WorkMessage, WorkResult } from './work.js';

/** Worker threads that do steps. */
export interface WorkerPool {
  readonly threads: number;
  start(job: StepJob, onMessage: (message: WorkMessage) => void, options?: Pick<Work, 'trialSeconds'>): RunningWork;
  /** Waits for what runs, then ends the threads. A thread is never stopped in the middle: that aborts the process. */
  close(): Promise<void>;
}

export interface RunningWork {
  readonly result: Promise<WorkResult>;
  /** Asks the step to stop at its next opportunity. */
  cancel(): void;
}

/** More threads than cores only slow each other down. */
export function openPool(jobs: number, storeFolder: string, environment: PlanEnvironment): WorkerPool {
  const threads = Math.max(1, Math.min(jobs, availableParallelism()));
  const source = import.meta.url;
  const pool = new Piscina<Work, WorkResult>({
    filename: new URL(source.endsWith('.ts') ? '../../dist/worker.js' : '../worker.js', source).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    execArgv: [],
  });
  const running = new Set<Promise<unknown>>();
  return {
    threads,
    start(job, onMessage, options = {}) {
      const cancel: CancelFlag = newCancelFlag();
      const { port1, port2 } = new MessageChannel();
      port1.on('message', onMessage);
      const result = pool
        .run({ job, storeFolder, environment, cancel, port: port2, ...options }, { transferList: [port2] })
        .catch((error: unknown): WorkResult => ({ status: 'failed', error: toPlainError(diedError(error)) }))
        .finally(() => {
          running.delete(result);
          port1.close();
        });
      running.add(result);
      return { result, cancel: () => raise(cancel) };
    },
    async close() {
      await Promise.all(running);
      await pool.destroy();
    },
  };
}

function diedError(error: unknown): BenchError {
  const { message } = error as Error;
  return new BenchError({
    code: 'WORKER_DIED',
    message: `the worker thread ended: ${message}`,
    next: /memory/i.test(message) ? 'use smaller blocks or a machine with more memory' : 'see --debug',
    exit: exitCode.cellFailed,
    cause: error,
  });
}

import { availableParallelism } from 'node:os';
import { BenchError, toPlainError } from '@attribution-bench/contract';
import { userCodeOf } from '../../isolation/user-code.js';
import type { StepJob } from '../../model/job.js';
import type { PlanEnvironment } from '../../model/plan.js';
import type { Execution, Work, WorkMessage, WorkResult } from '../../model/work.js';
import { newCancelFlag, raise } from './cancel-flag.js';
import { deviceOfStep } from './device-step.js';
import { processPoints } from './process-points.js';
import { servePoints } from './thread-points.js';
import { newThreadShare, setShare, type ThreadShare } from './thread-share.js';
import type { ThreadMessage } from './thread-work.js';
import { openUserProcesses } from './user-processes.js';
import { type WorkerThreads, workerThreads } from './worker-threads.js';

/** Worker threads that do steps, and processes for those with user code. */
export interface WorkerPool {
  readonly threads: number;
  start(
    job: StepJob,
    hear: (message: WorkMessage) => void,
    options?: Pick<Work, 'trialSeconds' | 'gathers'>,
  ): Execution;
  /** Says how many threads each step may compute on from now on, those that are being done included; at first one. */
  allow(threads: number): void;
  /** Waits for what runs, then ends the threads. A thread is never stopped in the middle: that aborts the process. */
  close(): Promise<void>;
}

interface PoolOptions {
  /** Most that the JavaScript objects of a process with user code may take; default what Node.js takes. */
  readonly heapBytes?: number | undefined;
  /** Threads that were started before, which the pool ends. */
  readonly started?: WorkerThreads | undefined;
}

interface Threads {
  start(work: Work, hear: (message: WorkMessage) => void): Execution;
  close(): Promise<void>;
}

/**
 * More threads than cores only slow each other down. Each starts when there is a step for it, and stays. Steps that use a device
 * have one thread of their own.
 */
export function openPool(
  jobs: number,
  storeLocation: string,
  environment: PlanEnvironment,
  { heapBytes, started }: PoolOptions = {},
): WorkerPool {
  const threads = Math.max(1, Math.min(jobs, availableParallelism()));
  const share = newThreadShare();
  const pool = threadsOf(started ?? workerThreads(threads), share);
  const deviceThread = threadsOf(workerThreads(1), share);
  const processes = openUserProcesses(threads, heapBytes);
  const running = new Set<Promise<unknown>>();
  return {
    threads,
    allow: (count) => setShare(share, count),
    start(job, hear, options = {}) {
      const work: Work = { job, storeLocation, environment, ...options };
      const code = userCodeOf(job);
      const chosen = deviceOfStep(job) === undefined ? pool : deviceThread;
      const execution = code === undefined ? chosen.start(work, hear) : processes.start(work, code, hear);
      running.add(execution.result);
      void execution.result.finally(() => running.delete(execution.result));
      return execution;
    },
    async close() {
      await Promise.all(running);
      processes.close();
      await Promise.all([pool.close(), deviceThread.close()]);
    },
  };
}

/** Who listens to a step. */
interface Hearer {
  hear(message: WorkMessage): void;
  /** Called when the step has said all. */
  end(): void;
}

function threadsOf(pool: WorkerThreads, share: ThreadShare): Threads {
  const hearers = new Map<number, Hearer>();
  let started = 0;
  pool.on('message', (told: ThreadMessage) => {
    if ('points' in told) servePoints(processPoints, told.points);
    else if ('message' in told) hearers.get(told.number)?.hear(told.message);
    else hearers.get(told.number)?.end();
  });
  return {
    start(work, hear) {
      const cancel = newCancelFlag();
      const number = started++;
      // Results take another way than what steps say, and may be faster.
      const heard = new Promise<void>((end) => hearers.set(number, { hear, end }));
      const result = pool
        .run({ ...work, cancel, share, number })
        .then((ended) => heard.then(() => ended))
        .catch((error: unknown): WorkResult => ({ status: 'failed', error: toPlainError(diedError(error)) }))
        .finally(() => hearers.delete(number));
      return { result, cancel: () => raise(cancel) };
    },
    close: () => pool.destroy(),
  };
}

function diedError(error: unknown): BenchError {
  const { message, code } = error as NodeJS.ErrnoException;
  return new BenchError({
    code: 'WORKER_DIED',
    message: `the worker thread ended: ${message}`,
    next: code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'use smaller blocks or a machine with more memory' : 'see --debug',
    cause: error,
  });
}

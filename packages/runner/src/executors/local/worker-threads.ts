import '@attribution-bench/onnx/telemetry-off';
import { Piscina } from 'piscina';
import { entryFile } from '../../isolation/entry-file.js';
import type { WorkResult } from '../../model/work.js';
import type { ThreadWork } from './thread-work.js';

/** Threads that may do steps. What they say is heard by the pool that they are given to. */
export type WorkerThreads = Piscina<ThreadWork, WorkResult>;

/** At most so many threads, each of which starts when there is a step for it, and stays. */
export function workerThreads(most: number): WorkerThreads {
  return new Piscina({
    filename: entryFile('worker').href,
    minThreads: 0,
    maxThreads: most,
    idleTimeout: Number.POSITIVE_INFINITY,
    execArgv: [],
  });
}

/** A thread that starts at once; `loaded` when it has loaded all that steps are done with. */
export function startedThread(): { readonly threads: WorkerThreads; readonly loaded: Promise<void> } {
  const threads = workerThreads(1);
  return { threads, loaded: threads.run(undefined as never, { name: 'load' }).then(() => undefined) };
}

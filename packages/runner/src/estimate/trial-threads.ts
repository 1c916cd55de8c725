import { availableParallelism } from 'node:os';
import { startedThread, type WorkerThreads } from '../executors/local/worker-threads.js';
import { readHistory } from '../journal/cost-history.js';

/** Worker threads for trials, each for one that is done at a time. */
export interface TrialThreads {
  /** Hands one over, which is then another's to end; undefined where none is left. */
  take(): WorkerThreads | undefined;
  /** Ends those that nobody took, once they have loaded: one that is ended before may end the process. */
  close(): Promise<void>;
}

/** How many trials are done side by side, where none computes on a device. */
export function trialsAtOnce(jobs: number): number {
  return Math.max(1, Math.min(jobs, availableParallelism()));
}

/**
 * Starts threads for trials before it is known which there are, since reading a grid takes as long as they take to load. Only
 * where there surely are some: where none of the folders knows what any step takes.
 */
export async function startTrialThreads(jobs: number, folders: readonly string[]): Promise<TrialThreads> {
  const known = await Promise.all(folders.map(readHistory));
  const count = known.some(({ size }) => size > 0) ? 0 : trialsAtOnce(jobs);
  const started = Array.from({ length: count }, startedThread);
  return {
    take: () => started.shift()?.threads,
    async close() {
      await Promise.all(
        started.splice(0).map(async ({ threads, loaded }) => {
          await loaded;
          await threads.destroy();
        }),
      );
    },
  };
}

import type { Executor, ExecutorContext } from '../executor.js';
import { openPool } from './pool.js';

/** Does steps in worker threads of this process, and in processes of their own where they run user code. */
export function openLocalExecutor({ plan, storeLocation, jobs }: ExecutorContext): Executor {
  const { environment, grid } = plan;
  const { threads, start, close } = openPool(jobs, storeLocation, environment, grid.budget.memoryBytes);
  return { capacity: threads, start: ({ job }, hear) => start(job, hear), close };
}

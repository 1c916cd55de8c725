import { requireDevice } from '@attribution-bench/tfjs-onnx';
import { isPacked } from '../../steps/registry.js';
import type { Executor, ExecutorContext } from '../executor.js';
import { deviceOfStep } from './device-step.js';
import { openPool } from './pool.js';

/**
 * Does steps in worker threads of this process, and in processes of their own where they run user code.
 * @throws BenchError DEVICE_MISSING when a step that is to be done computes on a device that cannot be opened here
 */
export async function openLocalExecutor({ plan, storeLocation, jobs }: ExecutorContext): Promise<Executor> {
  const { environment, grid, steps } = plan;
  const devices = new Set(steps.flatMap(({ needed, job }) => (needed && deviceOfStep(job)) || []));
  for (const device of devices) await requireDevice(device);
  const { threads, start, allow, close } = openPool(jobs, storeLocation, environment, {
    heapBytes: grid.budget.memoryBytes,
  });
  return {
    capacity: threads,
    start: (step, hear) => start(step.job, hear, isPacked(step) ? { gathers: true } : {}),
    allow,
    close,
  };
}

import type { Store } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';

/** Whether there is something in the place of each result of a step, whatever it is. @throws BenchError STORE_READ */
export async function isStored(store: Store, { outputs }: Pick<PlannedStep, 'outputs'>): Promise<boolean> {
  for (const output of outputs) if (!(await store.has(output))) return false;
  return true;
}

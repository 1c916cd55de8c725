import type { Store } from '@attribution-bench/store';
import { isLostResult, readArtifact } from '../artifacts/codec.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import type { StepIndex } from '../steps/step-index.js';

/**
 * Whether everything that a step makes is stored and sound; what is not sound is set aside.
 * @param deepBytes arrays of larger files are not read
 */
export async function hasResults(
  store: Store,
  { outputs }: PlannedStep,
  deepBytes = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  for (const output of outputs) if (!(await store.isSound(output, deepBytes))) return false;
  return true;
}

/** {@link hasResults} where mostly nothing is stored: what is missing is found by its name and not by an attempt to read it. */
export async function findResults(store: Store, step: PlannedStep): Promise<boolean> {
  for (const output of step.outputs) if (!(await store.has(output))) return false;
  return hasResults(store, step, 0);
}

/** The steps that one rests on, directly or not, whose results are gone or not sound: first those that others rest on. */
export async function lostResults(id: string, steps: StepIndex, store: Store): Promise<readonly string[]> {
  const lost = new Set<string>();
  const visit = async (of: string): Promise<void> => {
    for (const need of steps.get(of)?.needs ?? []) {
      const step = steps.get(need);
      if (step === undefined || lost.has(need) || (await isReadable(store, step))) continue;
      await visit(need);
      lost.add(need);
    }
  };
  await visit(id);
  return [...lost];
}

/** Whether everything that a step makes is stored and laid out as the steps expect that read it. */
async function isReadable(store: Store, { job, outputs }: PlannedStep): Promise<boolean> {
  const part = definitionOf(job).result(job);
  try {
    for (const output of outputs) await readArtifact(store, output, part);
    return true;
  } catch (error) {
    if (isLostResult(error)) return false;
    throw error;
  }
}

import type { Store } from '@attribution-bench/store';
import { readArtifact } from '../artifacts/codec.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';

/** Whether a step's time and memory are held to the budget of its cell. */
export function isBudgeted({ job }: PlannedStep): boolean {
  return definitionOf(job).cell?.budgeted === true;
}

/** Seconds of the steps before whose time counts with that of a step, also where other cells share them. */
export async function secondsBefore(store: Store, { job }: PlannedStep): Promise<number> {
  const costs = (definitionOf(job).cell?.after?.(job) ?? []).map((before) => store.readCost(before));
  return (await Promise.all(costs)).reduce((sum, cost) => sum + (cost?.seconds ?? 0), 0);
}

/** The number that a stored result says of its cell; undefined when it says none or cannot be read. */
export async function storedValue(store: Store, { job, outputs }: PlannedStep): Promise<number | undefined> {
  const part = definitionOf(job).cell?.value;
  return part && readArtifact(store, outputs[0], part).catch(() => undefined);
}

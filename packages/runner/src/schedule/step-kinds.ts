import type { ArtifactRef, Store } from '@attribution-bench/store';
import type { PlannedStep } from '../model/step.js';
import { readMetric } from '../steps/metric.js';

/** Whether a step's time and memory are held to the budget of its cell. */
export function isBudgeted({ kind }: PlannedStep): boolean {
  return kind === 'fit' || kind === 'score';
}

/** The result of the step before whose time counts with that of a step. */
export function costBefore({ job }: PlannedStep): ArtifactRef | undefined {
  return job.kind === 'score' ? job.fit : undefined;
}

/** The number that a stored result says of its cell; undefined when it says none or cannot be read. */
export async function storedValue(store: Store, { kind, outputs }: PlannedStep): Promise<number | undefined> {
  if (kind !== 'metric') return undefined;
  const read = await readMetric(store, outputs[0]).catch(() => undefined);
  return read?.report.value;
}

import { join } from 'node:path';
import { readRegularFile } from '@attribution-bench/store';
import type { RunOutcome } from '../journal/events.js';
import { runNames } from '../journal/run-record.js';

/**
 * How the newest finished run of a grid ended; undefined when there is none. What does not belong to its folder, or is not
 * what a run writes, is passed over.
 */
export async function latestOutcome(resultsFolder: string, grid: string): Promise<RunOutcome | undefined> {
  for (const name of await runNames(resultsFolder)) {
    const folder = join(resultsFolder, 'runs', name);
    const plan = await readJson(join(folder, 'plan.json'));
    if (plan?.run !== name || plan.grid !== grid) continue;
    const outcome = await readJson(join(folder, 'outcome.json'));
    if (outcome?.run === name && isOutcome(outcome)) return outcome;
  }
  return undefined;
}

function isOutcome(value: Partial<Record<keyof RunOutcome, unknown>>): value is RunOutcome {
  const { failedCells, incomplete } = value;
  const reasons: readonly unknown[] = [undefined, 'cancelled', 'max-time', 'fail-fast', 'store'];
  return (
    reasons.includes(incomplete) &&
    Array.isArray(failedCells) &&
    failedCells.every((failed) => typeof failed?.cell === 'string' && typeof failed.reason === 'string')
  );
}

async function readJson(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const value: unknown = JSON.parse((await readRegularFile(file)).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOutcome } from './events.js';

/** Names of the runs in a results folder, newest first. */
export async function runNames(resultsFolder: string): Promise<string[]> {
  const names = await readdir(join(resultsFolder, 'runs')).catch(() => []);
  return names.filter((name) => /^\d{4}-\d\d-\d\dT/.test(name)).sort((a, b) => (a < b ? 1 : -1));
}

/** How the newest finished run of a grid ended; undefined when there is none. */
export async function latestOutcome(resultsFolder: string, grid: string): Promise<RunOutcome | undefined> {
  for (const name of await runNames(resultsFolder)) {
    const folder = join(resultsFolder, 'runs', name);
    const plan = await readJson<{ grid: string }>(join(folder, 'plan.json'));
    const outcome = plan?.grid === grid ? await readJson<RunOutcome>(join(folder, 'outcome.json')) : undefined;
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

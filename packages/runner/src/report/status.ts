import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunStatus, readRun, runNames, timeOfRuns } from '../journal/run-record.js';

export type { RunStatus };

const runsShown = 5;

/** State of the newest runs and of all that still run, newest first. */
export async function readStatus(
  resultsFolder: string,
  { limit = runsShown }: { readonly limit?: number } = {},
): Promise<RunStatus[]> {
  const names = await runNames(resultsFolder);
  if (names.length === 0) return [];
  const now = timeOfRuns(resultsFolder);
  const runs = await Promise.all(
    names.map(async (name, index) => {
      const newest = index < limit;
      if (!newest && (await hasEnded(join(resultsFolder, 'runs', name)))) return undefined;
      const run = await readRun(resultsFolder, name, now);
      return newest || run?.state === 'running' ? run : undefined;
    }),
  );
  return runs.filter((run) => run !== undefined);
}

function hasEnded(folder: string): Promise<boolean> {
  return access(join(folder, 'outcome.json')).then(
    () => true,
    () => false,
  );
}

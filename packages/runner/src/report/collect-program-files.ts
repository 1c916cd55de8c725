import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderSize } from '@attribution-bench/exchange';
import { fileSystemTime } from '@attribution-bench/store';
import type { Plan } from '../model/plan.js';
import { externalStep } from '../steps/kinds/external.js';
import { programFolders } from '../steps/program-folders.js';
import { taskFolderName } from '../steps/shared-task-folder.js';
import { readStatus } from './status.js';

/** A file or folder that was for programs and is not needed. */
export interface ProgramFile {
  readonly path: string;
  readonly bytes: number;
  /** Since it was last written, or given to a program. */
  readonly idleSeconds: number;
}

/** Where runs are noted, and where their results and downloads are. */
export interface ProgramFilesPlace extends Pick<Plan, 'resultsFolder' | 'storeLocation'> {
  readonly cacheFolder: string;
}

/** What was in use a moment ago may be of a run that has not noted itself yet. */
const leastIdleSeconds = 600;

/**
 * Exports of tasks that no plan gives to programs, working folders that programs left behind, and what programs printed
 * whose scores no plan has. Nothing is found while a run is going on in the folder of results: its programs may be reading.
 * @param options.remove whether they are removed
 */
export async function collectProgramFiles(
  plans: readonly Plan[],
  { resultsFolder, storeLocation, cacheFolder, remove }: ProgramFilesPlace & { readonly remove: boolean },
): Promise<readonly ProgramFile[]> {
  const runs = await readStatus(resultsFolder);
  if (runs.some(({ state }) => state === 'running')) return [];
  const { exports, programs } = programFolders(storeLocation, { cacheFolder });
  const jobs = plans.flatMap(({ steps }) => steps.flatMap((step) => externalStep.jobOf(step) ?? []));
  const tasks = new Set(
    jobs.flatMap(({ task, method }) => (task.spec === undefined ? [] : [taskFolderName({ task, models: method })])),
  );
  const logs = new Set(jobs.map(({ output }) => `${output.key}.log`));
  const found = [
    ...(await idle(exports, (name) => tasks.has(name))),
    ...(await idle(programs, (name) => logs.has(name))),
  ];
  if (remove) for (const { path } of found) await rm(path, { recursive: true, force: true });
  return found;
}

async function idle(folder: string, isNeeded: (name: string) => boolean): Promise<ProgramFile[]> {
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return [];
  const now = fileSystemTime(folder);
  const found: ProgramFile[] = [];
  for (const name of names.filter((one) => !isNeeded(one)).sort()) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) continue;
    const idleSeconds = (now - stats.mtimeMs) / 1000;
    if (idleSeconds < leastIdleSeconds) continue;
    const bytes = stats.isDirectory() ? await folderSize(path) : stats.size;
    found.push({ path, bytes, idleSeconds });
  }
  return found;
}

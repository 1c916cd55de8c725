import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type CancelSignal, hashJson } from '@attribution-bench/contract';
import { isWholeTaskFolder, writeTaskFolder } from '@attribution-bench/exchange';
import type { Store } from '@attribution-bench/store';
import { readPackage, type TaskData } from '@attribution-bench/tasks';
import type { MethodSource, TaskSource } from '../model/job.js';
import { readModels } from './read-models.js';

/** What a program is given of a task. */
export interface SharedTask {
  readonly task: TaskSource;
  readonly models: Pick<MethodSource, 'modelSeed' | 'checkpoints' | 'trajectory'>;
  readonly data: TaskData;
}

/**
 * The folder of a task for programs, written where it is missing or was changed; all cells with the same models share it.
 * @param parent of all such folders
 * @throws BenchError STORE_*; Cancelled
 */
export async function sharedTaskFolder(
  store: Store,
  { task, models, data }: SharedTask,
  parent: string,
  cancel: CancelSignal,
): Promise<string> {
  const folder = join(parent, taskFolderName({ task, models }));
  if (await isWholeTaskFolder(folder)) {
    await touch(folder);
    return folder;
  }
  const { spec, key } = task;
  const read = await readModels(store, task, models);
  const write = (replace: boolean) =>
    writeTaskFolder(folder, { spec, key, data, methodSeed: models.modelSeed, ...read }, { cancel, replace });
  // Another cell may have written it by now, and its program may be reading it: only one that is damaged is replaced.
  await write(false);
  if (!(await isWholeTaskFolder(folder))) await write(true);
  return folder;
}

/** Name of the folder of a task with such models. */
export function taskFolderName({ task, models }: Omit<SharedTask, 'data'>): string {
  return hashJson({
    task: task.key,
    id: task.spec.id,
    seed: models.modelSeed,
    dataset: task.dataset.key,
    generated: task.generated?.key,
    checkpoints: models.checkpoints.map(({ key }) => key),
    trajectory: models.trajectory?.key,
    code: [readPackage('@attribution-bench/exchange').hash, readPackage('@attribution-bench/tasks').hash],
  });
}

/** Notes that a folder is used; nothing is lost where that cannot be written. */
async function touch(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now).catch(() => undefined);
}

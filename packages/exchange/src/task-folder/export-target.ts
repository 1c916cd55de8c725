import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, isObject } from '@attribution-bench/contract';
import { schemas } from '../schemas.js';
import { taskFile } from './write-task-folder.js';

/**
 * Looks at where a task is to be exported to: nothing or an empty folder is fine, an export only where it may be replaced,
 * and anything else is never touched.
 * @throws BenchError EXPORT_EXISTS
 */
export async function checkExportTarget(folder: string, overwrite: boolean): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return;
  const fail = (message: string, next: string) =>
    new BenchError({ code: 'EXPORT_EXISTS', place: folder, message, next });
  if (!found.isDirectory()) throw fail('is not a folder', 'name a folder that does not exist yet');
  if ((await readdir(folder)).length === 0) return;
  const exported = await exportedTask(folder);
  if (exported === undefined) throw fail('holds other files than an exported task', 'name another folder');
  if (!overwrite) throw fail(`holds the exported task ${exported} already`, 'pass --overwrite to replace it');
}

/** Id of the task that a folder holds the export of, of whatever version; undefined where it holds none. */
async function exportedTask(folder: string): Promise<string | undefined> {
  try {
    const task: unknown = JSON.parse(await readFile(join(folder, taskFile), 'utf8'));
    const [name] = schemas.task.split('@');
    if (isObject(task) && String(task.schema).startsWith(`${name}@`)) return JSON.stringify(task.id);
  } catch {
    return undefined;
  }
  return undefined;
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '@attribution-bench/contract';
import { schemas } from '../schemas.js';
import { taskFile } from './write-task-folder.js';

/** Whether a folder holds an exported task whose files are as they were written. */
export async function isWholeTaskFolder(folder: string): Promise<boolean> {
  try {
    const task: unknown = JSON.parse(await readFile(join(folder, taskFile), 'utf8'));
    if (!isObject(task) || task.schema !== schemas.task || !isObject(task.files)) return false;
    for (const [path, about] of Object.entries(task.files)) {
      const hash = createHash('sha256');
      for await (const part of createReadStream(join(folder, ...path.split('/')))) hash.update(part);
      if (!isObject(about) || hash.digest('hex') !== about.sha256) return false;
    }
    return true;
  } catch {
    return false;
  }
}

import { stat } from 'node:fs/promises';

/** Whether a path leads to a file and not to a folder or nowhere. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

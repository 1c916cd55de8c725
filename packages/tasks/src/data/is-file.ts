import { stat } from 'node:fs/promises';

/** Whether a file, not a folder, is there. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

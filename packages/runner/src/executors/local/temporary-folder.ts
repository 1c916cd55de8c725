import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';

/** A new folder for files that nobody needs afterwards. @throws BenchError TEMPORARY_FOLDER when none can be made */
export async function temporaryFolder(purpose: string): Promise<string> {
  const parent = tmpdir();
  try {
    return await mkdtemp(join(parent, `bench-${purpose}-`));
  } catch (error) {
    throw new BenchError({
      code: 'TEMPORARY_FOLDER',
      place: parent,
      message: `cannot hold temporary files: ${error instanceof Error ? error.message : String(error)}`,
      next: 'set TMPDIR to an existing folder that can be written',
      cause: error,
    });
  }
}

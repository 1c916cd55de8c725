import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { type GridChoices, gridText } from './grid-text.js';

/**
 * Writes a grid file once it validates; never over another file.
 * @throws BenchError FOLDER_NOT_EMPTY where the file exists, CONFIG_INVALID where the choices make no grid
 */
export async function writeGrid(file: string, choices: GridChoices): Promise<void> {
  requireNew(file);
  const { GridErrors, loadGrid } = await import('@attribution-bench/runner');
  const folder = dirname(resolve(file));
  const draft = join(folder, `.${randomUUID()}.yaml`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(draft, gridText(file, choices));
    const { broken } = await loadGrid(draft);
    if (broken.length > 0) throw new GridErrors(broken.map(({ place, error }) => ({ ...error, place })));
    await link(draft, resolve(file));
  } catch (error) {
    if (!(error instanceof GridErrors)) throw error;
    throw new BenchError({
      code: 'CONFIG_INVALID',
      message: `these choices make no grid: ${error.lines.join('; ').replaceAll(draft, file)}`,
      next: 'nothing was written: choose something else',
    });
  } finally {
    await rm(draft, { force: true });
  }
}

/** @throws BenchError FOLDER_NOT_EMPTY where the file exists */
export function requireNew(file: string): void {
  if (!existsSync(file)) return;
  throw new BenchError({
    code: 'FOLDER_NOT_EMPTY',
    place: file,
    message: 'exists, and nothing is overwritten',
    next: 'name another file: bench init my-grid.yaml',
  });
}

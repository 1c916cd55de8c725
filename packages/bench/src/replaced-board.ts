import { join } from 'node:path';
import { gridSource, type Plan } from '@attribution-bench/runner';
import { readRegularFile } from '@attribution-bench/store';

/** Says so on standard error where the board of a grid will take the place of another grid file's, which has the same name. */
export async function warnOfReplacedBoard(plan: Plan): Promise<void> {
  const folder = join(plan.resultsFolder, 'boards', plan.grid.name);
  const other = await sourceOf(join(folder, 'board-costs.json'));
  if (other === undefined || other === gridSource(plan)) return;
  console.error(
    `warning: ${folder} holds the board of another grid file (${join(plan.resultsFolder, other)}) with the same name, ` +
      'which this one replaces: give one of them another name to keep both',
  );
}

/** The grid file that a board was made from; undefined where there is no board, or an older one that does not say. */
async function sourceOf(costsFile: string): Promise<string | undefined> {
  try {
    const { provenance } = JSON.parse((await readRegularFile(costsFile)).toString('utf8')) as {
      provenance?: { source?: { grid?: unknown } };
    };
    const grid = provenance?.source?.grid;
    return typeof grid === 'string' ? grid : undefined;
  } catch {
    return undefined;
  }
}

import { BenchError } from '@attribution-bench/contract';
import { type Acceptance, type Baseline, readAcceptances, readBaseline } from '@attribution-bench/leaderboard';
import type { Grid } from '@attribution-bench/runner';
import { readRegularFile } from '@attribution-bench/store';
import { workspacePath } from './workspace.js';

/**
 * Where the baseline of a grid is, and what changes are tolerated.
 * @throws BenchError NO_BASELINE when the grid names none, GROWN_TRUTH when a truth of it was grown
 */
export function baselinePlace({ check, name, tasks }: Grid): {
  readonly file: string;
  readonly tolerances: Readonly<Record<string, number>>;
} {
  const grown = tasks.find(({ truth }) => truth?.growth !== undefined);
  if (grown !== undefined) {
    throw new BenchError({
      code: 'GROWN_TRUTH',
      place: grown.id,
      message: 'has a truth that was grown in this results folder, and a baseline is of the size in the grid file',
      next: 'name another folder with --results, or remove growth/ from this one',
    });
  }
  if (check === undefined) {
    throw new BenchError({
      code: 'NO_BASELINE',
      place: name,
      message: 'has no check: section',
      next: `add "check: { baseline: results/baselines/${name}.json }" to the grid file`,
    });
  }
  return { file: workspacePath(check.baseline), tolerances: check.tolerances };
}

/**
 * The stored baseline of a grid, or undefined when there is none yet.
 * @throws BenchError BASELINE_INVALID, BASELINE_SCHEMA, or BASELINE_OF_ANOTHER grid
 */
export async function storedBaseline(file: string, grid: string): Promise<Baseline | undefined> {
  const text = await textOf(file);
  const baseline = text === undefined ? undefined : readBaseline(text, file);
  if (baseline === undefined || baseline.grid === grid) return baseline;
  throw new BenchError({
    code: 'BASELINE_OF_ANOTHER',
    place: file,
    message: `is the baseline of grid "${baseline.grid}", not of "${grid}"`,
    next: 'name its own under check: baseline:, or make a new one with bench accept',
  });
}

/** Everything that was ever accepted in a baseline file, of whatever version. @throws BenchError BASELINE_INVALID */
export async function storedAcceptances(file: string): Promise<readonly Acceptance[]> {
  const text = await textOf(file);
  return text === undefined ? [] : readAcceptances(text, file);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(file)).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BenchError({
      code: 'BASELINE_UNREADABLE',
      place: file,
      message: `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      cause: error,
    });
  }
}

import { readFile } from 'node:fs/promises';
import { BenchError } from '@attribution-bench/contract';
import { type Acceptance, type Baseline, readAcceptances, readBaseline } from '@attribution-bench/leaderboard';
import type { Grid } from '@attribution-bench/runner';
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

/** The stored baseline, or undefined when there is none yet. @throws BenchError BASELINE_INVALID or BASELINE_SCHEMA */
export async function storedBaseline(file: string): Promise<Baseline | undefined> {
  const text = await textOf(file);
  return text === undefined ? undefined : readBaseline(text, file);
}

/** Everything that was ever accepted in a baseline file, of whatever version. @throws BenchError BASELINE_INVALID */
export async function storedAcceptances(file: string): Promise<readonly Acceptance[]> {
  const text = await textOf(file);
  return text === undefined ? [] : readAcceptances(text, file);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BenchError({
      code: 'BASELINE_UNREADABLE',
      place: file,
      message: `cannot be read (${(error as NodeJS.ErrnoException).code})`,
      cause: error,
    });
  }
}

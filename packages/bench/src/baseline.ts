import { readFile } from 'node:fs/promises';
import { BenchError } from '@attribution-bench/contract';
import { type Baseline, readBaseline } from '@attribution-bench/leaderboard';
import type { Grid } from '@attribution-bench/runner';
import { workspacePath } from './workspace.js';

/** Where the baseline of a grid is, and what change it tolerates. */
export interface BaselinePlace {
  readonly file: string;
  readonly tolerance: number;
}

/** @throws BenchError NO_BASELINE when the grid names none */
export function baselinePlace({ check, name }: Grid): BaselinePlace {
  if (check === undefined) {
    throw new BenchError({
      code: 'NO_BASELINE',
      place: name,
      message: 'has no check: section',
      next: `add "check: { baseline: results/baselines/${name}.json, tolerance: 0.02 }" to the grid file`,
    });
  }
  return { file: workspacePath(check.baseline), tolerance: check.tolerance };
}

/** The stored baseline, or undefined when there is none yet. @throws BenchError BASELINE_INVALID or BASELINE_SCHEMA */
export async function storedBaseline(file: string): Promise<Baseline | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new BenchError({
      code: 'BASELINE_UNREADABLE',
      place: file,
      message: `cannot be read (${(error as NodeJS.ErrnoException).code})`,
      cause: error,
    });
  }
  return readBaseline(text, file);
}

import { existsSync } from 'node:fs';
import { BenchError } from '@attribution-bench/contract';
import type { Plan, PlanOptions } from '@attribution-bench/runner';
import type { FlagValues } from './flags.js';
import { findConfig, resultsFolder } from './workspace.js';

type PlanFlags = Pick<FlagValues, 'config' | 'engine' | 'only' | 'skip' | 'force' | 'quick' | 'results'>;

interface PlanPurpose {
  readonly scope?: NonNullable<PlanOptions['scope']>;
  /** Whether nothing need be written where everything is there already. */
  readonly readOnly?: boolean;
}

/**
 * The plan of the grid that the flags name, narrowed to the cells they select.
 * @throws BenchError NO_CELLS when nothing is left to do or to show; before that, what keeps results from being written
 */
export async function planFrom(flags: PlanFlags, { scope = 'all', readOnly = false }: PlanPurpose = {}): Promise<Plan> {
  const { loadGrid, planGrid } = await import('@attribution-bench/runner');
  const { requireWritable } = await import('@attribution-bench/store');
  const file = findConfig(flags.config);
  const grid = await loadGrid(file, { quick: flags.quick ?? false });
  const results = resultsFolder(flags.results);
  if (!readOnly || !existsSync(results)) await requireWritable(results);
  const { only, skip, force } = flags;
  const plan = await planGrid(grid, {
    resultsFolder: results,
    engine: flags.engine,
    scope,
    onLog: (message) => console.error(message),
    ...(only === undefined ? {} : { only }),
    ...(skip === undefined ? {} : { skip }),
    ...(force === undefined ? {} : { force }),
  });
  if (scope === 'all' && plan.cells.length === 0) {
    const filtered = only !== undefined || skip !== undefined;
    throw new BenchError({
      code: 'NO_CELLS',
      place: file,
      message: filtered ? 'has no cell that --only and --skip leave' : 'has 0 cells',
      next: filtered ? 'globs match task/method, see `bench plan`' : 'name at least one task, one method and one seed',
    });
  }
  return plan;
}

/** The whole grid of a plan, whatever cells the plan was narrowed to: what a board shows. */
export async function wholeGrid(plan: Plan, flags: PlanFlags): Promise<Plan> {
  if (flags.only === undefined && flags.skip === undefined) return plan;
  const { planGrid } = await import('@attribution-bench/runner');
  return planGrid(plan.grid, { resultsFolder: plan.resultsFolder, engine: plan.engine });
}

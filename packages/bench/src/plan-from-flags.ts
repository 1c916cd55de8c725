import { existsSync } from 'node:fs';
import { BenchError } from '@attribution-bench/contract';
import type { Grid, Plan, PlanOptions } from '@attribution-bench/runner';
import type { FlagValues } from './flags.js';
import { requireResults } from './require-results.js';
import { findConfig, resultsPlace } from './workspace.js';

type PlanFlags = Pick<FlagValues, 'config' | 'engine' | 'device' | 'only' | 'skip' | 'force' | 'quick' | 'results'>;

interface PlanPurpose {
  readonly scope?: NonNullable<PlanOptions['scope']>;
  /** Whether nothing need be written where everything is stored already. */
  readonly readOnly?: boolean;
  /** Whether results are only looked at: nothing is downloaded, and tasks that cannot be planned here are left out. */
  readonly looksOnly?: boolean;
}

/**
 * The plan of the grid that the flags name, narrowed to the cells they select. Truths that were grown are planned at the
 * size they reached.
 * @throws BenchError NO_CELLS when nothing is left to do or to show; before that, what keeps results from being written
 */
export async function planFrom(flags: PlanFlags, purpose: PlanPurpose = {}): Promise<Plan> {
  const { grownGrid, growthFile, readGrowth } = await import('@attribution-bench/runner');
  const grid = await gridFrom(flags, purpose);
  const { location } = resultsPlace(flags.results);
  const grown = grownGrid(grid, await readGrowth(location, grid.name));
  for (const { id, truth } of grown.tasks)
    if (truth?.growth !== undefined)
      console.error(
        `${id}: truth as it was grown, ${truth.subsets} subsets; ${truth.growth.block} again without ` +
          growthFile(location, grid.name),
      );
  return planOf(grown, flags, purpose);
}

/**
 * The grid that the flags name, as its file has it.
 * @throws BenchError what is wrong with the file; after that, what keeps results from being written
 */
export async function gridFrom(
  { config, quick, results }: Pick<PlanFlags, 'config' | 'quick' | 'results'>,
  { readOnly = false, looksOnly = false }: PlanPurpose = {},
): Promise<Grid> {
  const { loadGrid } = await import('@attribution-bench/runner');
  const grid = await loadGrid(findConfig(config), { quick: quick ?? false, readsOnly: looksOnly });
  const place = resultsPlace(results);
  if (!looksOnly && !(readOnly && existsSync(place.folder))) await requireResults(place);
  return grid;
}

/** The plan of a grid, narrowed to the cells that the flags select. @throws BenchError NO_CELLS */
export async function planOf(
  grid: Grid,
  flags: PlanFlags,
  { scope = 'all', looksOnly = false }: PlanPurpose = {},
): Promise<Plan> {
  const { planGrid, prepareGrid } = await import('@attribution-bench/runner');
  const { only, skip, force } = flags;
  const { folder, storeLocation } = resultsPlace(flags.results);
  const prepared = await prepareGrid(grid, {
    resultsFolder: folder,
    storeLocation,
    engine: engineFrom(flags),
    scope,
    ...(looksOnly && { readsOnly: true, offline: true }),
    onLog: (message) => console.error(message),
    ...(only && { only }),
    ...(skip && { skip }),
    ...(force && { force }),
  });
  const plan = await planGrid(prepared);
  if (scope === 'all' && plan.cells.length === 0 && plan.leftOut.length === 0) {
    const filtered = only !== undefined || skip !== undefined;
    throw new BenchError({
      code: 'NO_CELLS',
      place: grid.file,
      message: filtered ? 'has no cell left after --only and --skip' : 'has 0 cells',
      next: filtered ? 'globs match task/method, see `bench plan`' : 'name at least one task, one method and one seed',
    });
  }
  return plan;
}

/** @throws BenchError FLAG_ALONE for a device of ONNX Runtime where that does not compute */
export function engineFrom({ engine, device }: Pick<FlagValues, 'engine' | 'device'>): PlanOptions['engine'] {
  if (device === undefined) return engine;
  if (engine === 'onnx') return `onnx-${device}`;
  throw new BenchError({
    code: 'FLAG_ALONE',
    place: '--device',
    message: `says what ONNX Runtime computes on, and --engine ${engine} does not use it`,
    next: 'leave out one of the two',
  });
}

/**
 * The whole grid of a plan, whatever cells the plan was narrowed to: what a board shows. Nothing is downloaded for the tasks
 * that were left out of it.
 */
export async function wholeGrid(plan: Plan, flags: PlanFlags): Promise<Plan> {
  if (flags.only === undefined && flags.skip === undefined) return plan;
  const { planGrid, prepareGrid } = await import('@attribution-bench/runner');
  const { grid, resultsFolder, storeLocation, engine } = plan;
  const places = { resultsFolder, storeLocation };
  const whole = await planGrid(await prepareGrid(grid, { ...places, engine, readsOnly: true, offline: true }));
  sayLeftOut(whole);
  return whole;
}

/** Says on standard error which tasks a board lacks. */
export function sayLeftOut({ leftOut }: Plan): void {
  for (const { id, error } of leftOut) console.error(`${id} is not on the board: ${error.line}`);
}

import { join } from 'node:path';
import { openStore, type Store } from '@attribution-bench/store';
import { type Code, defaultCacheFolder } from '@attribution-bench/tasks';
import { type CellFilter, cellFilter } from '../grid/cell-filter.js';
import type { Grid, GridMethod, GridMetric } from '../model/grid.js';
import type { PlanEnvironment, PlanOptions } from '../model/plan.js';
import { diagnosisCode } from '../steps/kinds/diagnose.js';
import { askMethod, type MethodAnswer } from './ask-method.js';
import { settingsOn } from './draw-settings.js';
import { metricsForTask } from './metrics-for-task.js';
import { type PreparedForeign, prepareForeign } from './prepare-foreign.js';
import { type PreparedTask, prepareTask } from './prepare-task.js';

/** A grid of which everything is known that planning needs. */
export interface PreparedGrid {
  readonly grid: Grid;
  readonly options: PlanOptions;
  readonly environment: PlanEnvironment;
  readonly store: Store;
  readonly filter: CellFilter;
  /** Those of which the filter takes a cell. */
  readonly tasks: readonly PreparedGridTask[];
  /** All code whose hashes are in keys. */
  readonly code: readonly Code[];
}

export type PreparedGridTask = PreparedModelTask | (PreparedForeign & AskedGrid);
export type PreparedModelTask = PreparedTask & AskedGrid;

/** What a grid has for a task. */
export interface AskedGrid {
  /** Metrics of the grid that are for it. */
  readonly metrics: readonly GridMetric[];
  /** By setting, in the order of the grid: those that the file gives and those that were drawn for this task. */
  readonly answers: ReadonlyMap<GridMethod, MethodAnswer>;
}

/**
 * Does what has to be done before a grid can be planned: reads or downloads the data of its tasks, finds out their shape,
 * both of which are stored, and asks the methods which models they use there.
 * @throws BenchError GLOB_NO_MATCH, or what keeps data from being read or a task from being opened
 */
export async function prepareGrid(grid: Grid, options: PlanOptions): Promise<PreparedGrid> {
  const { resultsFolder, engine, cacheFolder = defaultCacheFolder(), offline = false } = options;
  const log = options.onLog ?? (() => undefined);
  const store = openStore(join(resultsFolder, 'store'), ({ reason, movedTo }) =>
    log(`a stored result ${reason}; it was set aside as ${movedTo} and will be made again`),
  );
  const loaded = grid.methods.map((method) => method.loaded.method.id);
  const methodIds = [...new Set([...loaded, ...grid.broken.map(({ id }) => id)])];
  const taskIds = grid.tasks.map(({ id }) => id);
  const filter = cellFilter(options, taskIds, methodIds);
  const environment = { cacheFolder, offline };
  const tasks: PreparedGridTask[] = [];
  for (const task of grid.tasks) {
    if (!methodIds.some((method) => filter.takes(task.id, method))) continue;
    const prepared =
      task.spec === undefined
        ? await prepareForeign(task, store)
        : await prepareTask(task, { store, engine, environment, log });
    const metrics = metricsForTask(grid, task);
    const answers = new Map<GridMethod, MethodAnswer>();
    const isRead = metrics.length > 0 || options.scope === 'scores';
    const ask = (method: GridMethod) => askMethod(method, prepared.info, isRead, grid.select !== undefined);
    for (const method of grid.methods)
      for (const [setting, answer] of await settingsOn(method, prepared.info, grid.seed, ask))
        answers.set(setting, answer);
    tasks.push({ ...prepared, metrics, answers });
  }
  return { grid, options, environment, store, filter, tasks, code: codeOf(grid, tasks) };
}

/** All code whose hashes are in keys. */
function codeOf({ methods, metrics }: Grid, tasks: readonly PreparedGridTask[]): Code[] {
  return [
    ...tasks.flatMap((task) => (task.foreign === undefined ? (Object.values(task.code) as Code[]) : [])),
    ...methods.map(({ loaded }) => loaded.code),
    ...metrics.map(({ code }) => code),
    diagnosisCode(),
  ];
}

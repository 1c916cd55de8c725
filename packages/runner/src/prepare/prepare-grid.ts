import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import { openStore, type Store } from '@attribution-bench/store';
import { type Code, defaultCacheFolder } from '@attribution-bench/tasks';
import { type CellFilter, cellFilter } from '../grid/cell-filter.js';
import type { Grid, GridMethod, GridMetric, GridTask } from '../model/grid.js';
import type { LeftOutTask, PlanEnvironment, PlanOptions } from '../model/plan.js';
import { diagnosisCode } from '../steps/kinds/diagnose.js';
import { askMethod, type MethodAnswer } from './ask-method.js';
import { settingsOn } from './draw-settings.js';
import { metricsForTask } from './metrics-for-task.js';
import { type PreparedForeign, prepareForeign } from './prepare-foreign.js';
import { datasetOf, type PreparedTask, prepareTask, type Surroundings } from './prepare-task.js';

/** A grid of which everything is known that planning needs. */
export interface PreparedGrid {
  readonly grid: Grid;
  readonly options: PlanOptions;
  readonly environment: PlanEnvironment;
  readonly store: Store;
  readonly filter: CellFilter;
  /** Those of which the filter takes a cell. */
  readonly tasks: readonly PreparedGridTask[];
  /** Those of which it takes a cell and that cannot be prepared, where results are only read. */
  readonly leftOut: readonly LeftOutTask[];
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
 * @throws BenchError GLOB_NO_MATCH, or, unless results are only read, what keeps data from being read or a task from being opened
 */
export async function prepareGrid(grid: Grid, options: PlanOptions): Promise<PreparedGrid> {
  const { resultsFolder, engine, cacheFolder = defaultCacheFolder(), offline = false } = options;
  const log = options.onLog ?? (() => undefined);
  const store = openStore(options.storeLocation ?? join(resultsFolder, 'store'), ({ reason, movedTo }) =>
    log(`a stored result ${reason}; it was set aside as ${movedTo} and will be made again`),
  );
  const loaded = grid.methods.map((method) => method.loaded.method.id);
  const methodIds = [...new Set([...loaded, ...grid.broken.map(({ id }) => id)])];
  const taskIds = grid.tasks.map(({ id }) => id);
  const filter = cellFilter(options, taskIds, methodIds);
  const environment = { cacheFolder, offline };
  const tasks: PreparedGridTask[] = [];
  const leftOut: LeftOutTask[] = [];
  for (const task of grid.tasks) {
    if (!methodIds.some((method) => filter.takes(task.id, method))) continue;
    const prepared = await prepareOne(task, { store, engine, environment, log }).catch(async (error: unknown) => {
      if (options.readsOnly !== true || !(error instanceof BenchError)) throw error;
      leftOut.push({ id: task.id, error, ...(await datasetKey(task)) });
    });
    if (prepared === undefined) continue;
    const metrics = metricsForTask(grid, task);
    const answers = new Map<GridMethod, MethodAnswer>();
    const isRead = metrics.length > 0 || options.scope === 'scores';
    const ask = (method: GridMethod) => askMethod(method, prepared.info, isRead, grid.select !== undefined);
    for (const method of grid.methods)
      for (const [setting, answer] of await settingsOn(method, prepared.info, grid.seed, ask))
        answers.set(setting, answer);
    tasks.push({ ...prepared, metrics, answers });
  }
  return { grid, options, environment, store, filter, tasks, leftOut, code: codeOf(grid, tasks) };
}

function prepareOne(task: GridTask, surroundings: Surroundings): Promise<PreparedTask | PreparedForeign> {
  return task.spec === undefined ? prepareForeign(task, surroundings.store) : prepareTask(task, surroundings);
}

/** Key of the data of a task; nothing where it hangs on files that cannot be read, or only a truth is known. */
async function datasetKey(task: GridTask): Promise<Pick<LeftOutTask, 'dataset'>> {
  if (task.spec === undefined) return {};
  try {
    return { dataset: (await datasetOf(task)).dataset.job.output.key };
  } catch (error) {
    if (error instanceof BenchError) return {};
    throw error;
  }
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

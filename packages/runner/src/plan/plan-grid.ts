import { join } from 'node:path';
import { BenchError, toPlainError } from '@attribution-bench/contract';
import { openStore } from '@attribution-bench/store';
import { defaultCacheFolder } from '@attribution-bench/tasks';
import type { Grid, GridMetric } from '../model/grid.js';
import type { Plan, PlannedCell, PlannedTask, PlannedTruth, PlanOptions } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { readLabels } from '../steps/draw-subsets.js';
import { checkExtractors } from './check-extractors.js';
import { checkSubsets } from './check-subsets.js';
import { cellFilter } from './globs.js';
import { type CellDraft, type CellTask, metricsFor, planCells, skipReason } from './plan-cells.js';
import { type PlannedTruthSteps, planCheckpoints, planTruth } from './plan-models.js';
import { type OpenedTask, openForPlanning } from './plan-task.js';
import { drawSplit } from './split.js';
import { type StepList, settle } from './step-list.js';

/**
 * What has to be done for a grid, what is stored already, and what is skipped, with reasons. Reads (or downloads) the
 * data of its tasks, and computes nothing else.
 * @throws BenchError GRID_EMPTY, GLOB_NO_MATCH, SPLIT_TOO_SMALL, SUBSETS_TOO_FEW, or what keeps data or extractors from
 *   being read
 */
export async function planGrid(grid: Grid, options: PlanOptions): Promise<Plan> {
  const log = options.onLog ?? (() => undefined);
  const store = openStore(join(options.resultsFolder, 'store'), ({ reason, movedTo }) =>
    log(`a stored result ${reason}; it was set aside as ${movedTo} and will be made again`),
  );
  const methodIds = [
    ...new Set([...grid.methods.map(({ loaded }) => loaded.method.id), ...grid.broken.map(({ id }) => id)]),
  ];
  const filter = cellFilter(
    options,
    grid.tasks.map(({ id }) => id),
    methodIds,
  );
  const environment = { cacheFolder: options.cacheFolder ?? defaultCacheFolder(), offline: options.offline ?? false };
  const steps: StepList = new Map();
  const wanted = new Set<string>();
  const drafts: CellDraft[] = [];
  const tasks: { readonly planned: Omit<PlannedTask, 'truth'>; readonly truth: PlannedTruthSteps | undefined }[] = [];
  for (const task of grid.tasks) {
    if (!methodIds.some((method) => filter.takes(task.id, method))) continue;
    const opened = await openForPlanning(task, store, { engine: options.engine, environment, log }, steps);
    const [{ step: first }] = planCheckpoints(steps, opened, grid.seeds[0], 1);
    if (task.truth !== undefined) checkSubsets(task.id, task.truth, await readLabels(store, opened.source.dataset));
    const truth = task.truth === undefined ? undefined : planTruth(steps, opened, task.truth);
    const metrics = metricsFor(grid, opened);
    const { subsets = 0, growth } = task.truth ?? {};
    const sizes = {
      subsets,
      ...(growth === undefined ? {} : { firstSubsets: growth.block }),
      queries: opened.info.queries,
      train: opened.info.train,
    };
    const tuneFraction = (await hasChoice(grid, opened, metrics)) ? grid.select?.tuneFraction : undefined;
    const split = drawSplit(grid.seed, opened.key, sizes, tuneFraction);
    wanted.add(first);
    for (const step of opened.dataSteps) wanted.add(step);
    if (opened.diagnose !== undefined) wanted.add(opened.diagnose);
    if (truth !== undefined) wanted.add(truth.step);
    const cellTask: CellTask = { opened, metrics, split, ...(truth === undefined ? {} : { truth }) };
    if (options.scope !== 'truth') drafts.push(...(await planCells(steps, grid, cellTask, filter)));
    const { info, key, fingerprint, diagnose } = opened;
    const dataset =
      fingerprint === undefined ? task.spec.data.use : `${task.spec.data.use} ${fingerprint.slice(0, 12)}`;
    const optional = { ...(fingerprint !== undefined && { fingerprint }), ...(diagnose !== undefined && { diagnose }) };
    tasks.push({ planned: { task, info, key, dataset, metrics, first, ...optional, ...split }, truth });
  }
  if (options.scope !== 'truth') checkNotEmpty(grid, drafts);
  for (const cell of drafts) for (const id of resultsOf(cell)) wanted.add(id);
  const forced = drafts.flatMap((cell) => (cell.forced && cell.steps ? [cell.steps.fit, ...resultsOf(cell)] : []));
  const settled = await settle(steps, store, wanted, new Set(forced));
  await checkExtractors(settled.steps);
  const byId = new Map(settled.steps.map((step) => [step.id, step]));
  return {
    grid,
    resultsFolder: options.resultsFolder,
    engine: options.engine,
    environment,
    tasks: tasks.map(({ planned, truth }) => ({
      ...planned,
      ...(truth && { truth: plannedTruth(truth, settled.stored) }),
    })),
    cells: drafts.map((cell) => settledCell(cell, byId)),
    steps: settled.steps,
  };
}

/** Whether any method has several settings on the task, so that one is to be chosen. */
async function hasChoice(grid: Grid, opened: OpenedTask, metrics: readonly GridMetric[]): Promise<boolean> {
  const ids = new Set<string>();
  for (const method of grid.methods) {
    const { id } = method.loaded.method;
    // One that does not answer has no setting that could be chosen.
    if ((await skipReason(method, { opened, metrics }).catch(toPlainError)) !== undefined) continue;
    if (ids.has(id)) return true;
    ids.add(id);
  }
  return false;
}

function plannedTruth({ key, rule, step, steps, rows }: PlannedTruthSteps, stored: ReadonlySet<string>): PlannedTruth {
  return { key, rule, step, steps, cached: rows.filter((row) => stored.has(row.key)).length, total: rows.length };
}

function checkNotEmpty(grid: Grid, cells: readonly CellDraft[]): void {
  if (cells.some(({ steps }) => steps !== undefined)) return;
  const why = [...new Set(cells.map(({ task, method, skipped, broken }) => `${task}/${method}: ${skipped ?? broken}`))];
  throw new BenchError({
    code: 'GRID_EMPTY',
    place: grid.file,
    message: cells.length === 0 ? 'has 0 cells left by --only and --skip' : `has no cell to run: ${why.join('; ')}`,
    next: cells.length === 0 ? 'globs match task/method' : 'add a method or a metric that fits the tasks',
  });
}

function resultsOf({ steps }: CellDraft): string[] {
  return steps === undefined ? [] : [steps.score, ...Object.values(steps.metrics)];
}

function settledCell(
  { skipped, broken, forced: _, ...cell }: CellDraft,
  steps: ReadonlyMap<string, PlannedStep>,
): PlannedCell {
  if (skipped !== undefined) return { ...cell, status: 'skipped', reason: skipped };
  if (broken !== undefined) return { ...cell, status: 'broken', reason: broken };
  const results = resultsOf({ ...cell, forced: false }).flatMap((id) => steps.get(id) ?? []);
  const stale = results.find(({ status }) => status === 'stale');
  if (stale !== undefined) return { ...cell, status: 'stale', ...(stale.reason && { reason: stale.reason }) };
  return { ...cell, status: results.every(({ status }) => status === 'cached') ? 'cached' : 'missing' };
}

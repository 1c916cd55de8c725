import { BenchError } from '@attribution-bench/contract';
import { datasetName } from '@attribution-bench/tasks';
import type { Grid } from '../model/grid.js';
import type { Plan, PlannedCell, PlannedTask, PlannedTruth } from '../model/plan.js';
import type { PreparedForeign } from '../prepare/prepare-foreign.js';
import type { AskedGrid, PreparedGrid, PreparedModelTask } from '../prepare/prepare-grid.js';
import { stepDefinitions } from '../steps/registry.js';
import { indexSteps, type StepIndex } from '../steps/step-index.js';
import { checkExtractors } from './check-extractors.js';
import { checkSubsets } from './check-subsets.js';
import { metricQuestions } from './metric-questions.js';
import { type CellDraft, type CellTask, planCells, type TruthToRead } from './plan-cells.js';
import { planForeign } from './plan-foreign.js';
import { modelSeed, type PlannedTruthSteps, planCheckpoints, planTruth } from './plan-models.js';
import { planTaskData } from './plan-task.js';
import { settle } from './settle.js';
import { choosesBetweenSettings, drawSplit } from './split.js';
import { addStep, type StepList } from './step-list.js';

/**
 * What has to be done for a grid, what is stored already, and what is skipped, with reasons. Computes nothing and stores
 * nothing: what has to be known for it was found out when the grid was prepared.
 * @throws BenchError GRID_EMPTY, SPLIT_TOO_SMALL, SUBSETS_TOO_FEW, TRUTH_TOO_LARGE, METRIC_ANSWER where a user's metric
 *   does not say what it asks, or FEATURES_* where a feature extractor is missing or another one
 */
export async function planGrid(prepared: PreparedGrid): Promise<Plan> {
  const { grid, options, environment, store } = prepared;
  const { resultsFolder, engine } = options;
  const steps: StepList = new Map();
  const drafts = prepared.tasks.map((task) =>
    task.foreign === undefined ? draftTask(steps, prepared, task) : draftForeign(steps, prepared, task),
  );
  const cells = drafts.flatMap((task) => task.cells);
  if (options.scope !== 'truth' && prepared.leftOut.length === 0) checkNotEmpty(grid, cells);
  const wanted = new Set([...drafts.flatMap((task) => task.wanted), ...cells.flatMap(resultsOf)]);
  const forced = cells.flatMap((cell) =>
    cell.forced && cell.steps ? [...Object.values(cell.steps.stages), ...resultsOf(cell)] : [],
  );
  const settled = await settle(steps, store, wanted, new Set(forced));
  if (options.readsOnly !== true) await checkExtractors(settled.steps);
  const byId = indexSteps(settled.steps);
  return {
    grid,
    resultsFolder,
    storeLocation: store.location,
    engine,
    environment,
    tasks: await Promise.all(
      drafts.map(async ({ planned, truth }) => ({
        ...planned,
        questions: await metricQuestions(planned),
        ...(truth && { truth: plannedTruth(truth, settled.stored) }),
      })),
    ),
    leftOut: prepared.leftOut,
    cells: cells.map((cell) => settledCell(cell, byId)),
    steps: settled.steps,
    code: prepared.code,
  };
}

/** A task before it is known what of it is stored. */
interface TaskDraft {
  readonly planned: Omit<PlannedTask, 'truth' | 'questions'>;
  readonly truth?: TruthToRead & Partial<PlannedTruthSteps>;
  readonly cells: readonly CellDraft[];
  /** Ids of steps whose results reports read, besides those of cells. */
  readonly wanted: readonly string[];
}

/** Adds all steps of a task of which only the truth is known. */
function draftForeign(
  steps: StepList,
  { grid, options, filter }: PreparedGrid,
  prepared: PreparedForeign & AskedGrid,
): TaskDraft {
  const { task, info, key, metrics } = prepared;
  const { cellTask, foreign } = planForeign(steps, grid, prepared, options.scope === 'scores');
  const { truth, split } = cellTask;
  return {
    planned: { task, info, key, dataset: foreign.title, metrics, foreign, ...split },
    truth,
    cells: options.scope === 'truth' ? [] : planCells(steps, grid, cellTask, filter),
    wanted: [truth.step],
  };
}

/** Adds all steps of a task that is trained here. */
function draftTask(steps: StepList, { grid, options, filter }: PreparedGrid, prepared: PreparedModelTask): TaskDraft {
  const { task, info, key, fingerprint, metrics, answers } = prepared;
  const opened = planTaskData(steps, prepared);
  const scoresOnly = options.scope === 'scores';
  const ofTask = scoresOnly ? [] : stepDefinitions().flatMap(({ forTask }) => forTask?.(opened) ?? []);
  for (const step of ofTask) addStep(steps, step);
  const [{ id: first }] = planCheckpoints(steps, opened, modelSeed(task.truth, grid.seeds[0]), 1);
  const wantedTruth = scoresOnly ? undefined : task.truth;
  if (wantedTruth !== undefined) {
    const { labels, groups } = prepared;
    checkSubsets({ id: task.id, key, seed: task.spec.seed }, wantedTruth, labels, groups);
  }
  const truth = wantedTruth && planTruth(steps, opened, wantedTruth);
  const { subsets = 0, growth } = task.truth ?? {};
  const sizes = { subsets, ...(growth && { firstSubsets: growth.block }), queries: info.queries, train: info.train };
  const split = drawSplit(
    grid.seed,
    key,
    sizes,
    choosesBetweenSettings(answers) ? grid.select?.tuneFraction : undefined,
  );
  const cellTask: CellTask = { opened, trained: opened, metrics, answers, scoresOnly, split, ...(truth && { truth }) };
  const name = datasetName(task.spec);
  return {
    planned: {
      task,
      info,
      key,
      dataset: fingerprint === undefined ? name : `${name} ${fingerprint.slice(0, 12)}`,
      ...(fingerprint !== undefined && { fingerprint }),
      metrics,
      first,
      ...split,
    },
    ...(truth && { truth }),
    cells: options.scope === 'truth' ? [] : planCells(steps, grid, cellTask, filter),
    wanted: [
      ...(scoresOnly ? [] : [first]),
      ...opened.dataSteps,
      ...ofTask.map(({ id }) => id),
      ...(truth ? [truth.step] : []),
    ],
  };
}

/** A truth that others published has no retrainings of ours. */
function plannedTruth(truth: NonNullable<TaskDraft['truth']>, stored: ReadonlySet<string>): PlannedTruth {
  const { key, rule, step, steps = [], rows = [] } = truth;
  const cached = rows.filter((row) => stored.has(row.key)).length;
  return { key, ...(rule && { rule }), step, steps, cached, total: rows.length };
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

function resultsOf({ steps }: Pick<CellDraft, 'steps'>): string[] {
  return steps === undefined ? [] : [steps.score, ...Object.values(steps.metrics)];
}

function settledCell({ skipped, broken, forced: _, ...cell }: CellDraft, steps: StepIndex): PlannedCell {
  if (skipped !== undefined) return { ...cell, status: 'skipped', reason: skipped };
  if (broken !== undefined) return { ...cell, status: 'broken', reason: broken };
  const results = resultsOf(cell).flatMap((id) => steps.get(id) ?? []);
  const stale = results.find(({ status }) => status === 'stale');
  if (stale !== undefined) return { ...cell, status: 'stale', ...(stale.reason && { reason: stale.reason }) };
  return { ...cell, status: results.every(({ status }) => status === 'cached') ? 'cached' : 'missing' };
}

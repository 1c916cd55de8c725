import { BenchError, type Split } from '@attribution-bench/contract';
import { onlyTask } from '../grid/only-task.js';
import type { Grid } from '../model/grid.js';
import type { TaskSource } from '../model/job.js';
import type { Plan, PlanOptions } from '../model/plan.js';
import { planGrid } from '../plan/plan-grid.js';
import {
  modelSeed,
  type PlannedTruthSteps,
  planCheckpoints,
  planTrajectories,
  planTruth,
} from '../plan/plan-models.js';
import { planTaskData } from '../plan/plan-task.js';
import { settle } from '../plan/settle.js';
import type { StepList } from '../plan/step-list.js';
import { prepareGrid } from '../prepare/prepare-grid.js';
import { stageSteps } from '../steps/kinds/stage.js';
import { trainStep } from '../steps/kinds/train.js';
import type { StoredModels } from '../steps/read-models.js';

/** What of a task is to be exported. Numbers that are left out are those that the methods of the grid use. */
export interface ExportRequest {
  readonly task: string;
  /** Seed of methods; default the first of the grid. */
  readonly seed?: number;
  readonly checkpoints?: number;
  /** Models along run 0; 0: none. */
  readonly trajectory?: number;
  readonly withTruth?: boolean;
}

/** What has to be done before a task can be exported, and where its parts will then be. */
export interface ExportPlan {
  readonly plan: Plan;
  readonly source: TaskSource;
  readonly models: StoredModels;
  /** Models along run 0. */
  readonly snapshots: number;
  readonly truth?: PlannedTruthSteps & { readonly tune: Split };
}

/**
 * Plans the steps that an export rests on; they have the keys that a run of the grid gives them.
 * @throws BenchError UNKNOWN_NAME, EXPORT_NO_SPLIT, or as {@link planGrid}
 */
export async function planExport(grid: Grid, options: PlanOptions, request: ExportRequest): Promise<ExportPlan> {
  const narrowed = onlyTask(grid, request.task);
  const [task] = narrowed.tasks;
  const prepared = await prepareGrid(narrowed, options);
  const cells = await planGrid(prepared).catch((error: unknown) => {
    if (error instanceof BenchError && error.code === 'GRID_EMPTY') return undefined;
    throw error;
  });
  const steps: StepList = new Map();
  const [wantedTask] = prepared.tasks;
  if (wantedTask.foreign !== undefined) throw nothingToExport(grid, task.id);
  const opened = planTaskData(steps, wantedTask);
  const seed = modelSeed(task.truth, request.seed ?? grid.seeds[0]);
  const used = cells === undefined ? { checkpoints: 1, trajectory: 0 } : usedModels(cells);
  const { checkpoints = used.checkpoints, trajectory = used.trajectory } = request;
  const runs = planCheckpoints(steps, opened, seed, checkpoints);
  const along = trajectory === 0 ? [] : planTrajectories(steps, opened, seed, { trajectory });
  const truth = request.withTruth === true ? planTruth(steps, opened, truthOf(grid, task)) : undefined;
  const tune = cells?.tasks[0]?.tune;
  if (truth !== undefined && tune === undefined) throw noSplit(grid, task.id);
  const wanted = [...opened.dataSteps, ...[...runs, ...along].map(({ id }) => id), ...(truth ? [truth.step] : [])];
  const settled = await settle(steps, prepared.store, new Set(wanted), new Set());
  const { resultsFolder, engine } = options;
  const { environment } = prepared;
  return {
    plan: {
      grid,
      resultsFolder,
      storeLocation: prepared.store.location,
      engine,
      environment,
      tasks: [],
      leftOut: [],
      cells: [],
      steps: settled.steps,
      code: prepared.code,
    },
    source: opened.source,
    snapshots: trajectory,
    models: {
      modelSeed: seed,
      checkpoints: runs.map(({ output }) => output),
      ...(along.length > 0 && { trajectory: along[0].output }),
    },
    ...(truth && tune && { truth: { ...truth, tune } }),
  };
}

/** The most models that a cell of a plan uses. */
function usedModels({ steps }: Plan): { readonly checkpoints: number; readonly trajectory: number } {
  let [checkpoints, trajectory] = [1, 0];
  for (const step of steps) {
    for (const { snapshots } of trainStep.jobOf(step)?.kept ?? [])
      if (snapshots > 1) trajectory = Math.max(trajectory, snapshots);
    const method = stageSteps.fit.jobOf(step)?.method;
    if (method?.checkpointSubsets === undefined) checkpoints = Math.max(checkpoints, method?.checkpoints.length ?? 0);
  }
  return { checkpoints, trajectory };
}

function truthOf(grid: Grid, { id, truth }: Grid['tasks'][number]): NonNullable<typeof truth> {
  if (truth !== undefined) return truth;
  throw new BenchError({
    code: 'TRUTH_NONE',
    place: grid.file,
    message: `task ${id} has no ground truth`,
    next: 'export it without --with-truth',
  });
}

function noSplit(grid: Grid, task: string): BenchError {
  return new BenchError({
    code: 'EXPORT_NO_SPLIT',
    place: grid.file,
    message: `all truth of ${task} is reported, and none of it is for choosing parameters`,
    next: 'give select.tuneFraction and a method with several settings, or export without --with-truth',
  });
}

function nothingToExport(grid: Grid, task: string): BenchError {
  return new BenchError({
    code: 'EXPORT_TASK',
    place: grid.file,
    message: `knows only the truth of task "${task}"`,
    next: 'write that with bench truth export',
  });
}

import {
  fileParams,
  type Json,
  type Need,
  type ParamSpecs,
  type Params,
  readByStage,
  type Stage,
  stages,
  withoutFiles,
} from '@attribution-bench/contract';
import type { CellFilter } from '../grid/cell-filter.js';
import type { Grid, GridMethod, GridMetric, NamedFiles } from '../model/grid.js';
import type { PlannedCell, PlannedTask } from '../model/plan.js';
import type { StepDraft } from '../model/step.js';
import type { TaskOfCells, TaskToPlan } from '../model/task-to-plan.js';
import type { MethodAnswer } from '../prepare/ask-method.js';
import type { AskedGrid } from '../prepare/prepare-grid.js';
import { planExternal } from '../steps/kinds/external.js';
import { planMetric } from '../steps/kinds/metric.js';
import { planScore, type ScoringJob } from '../steps/kinds/score.js';
import { type CellToPlan, planStage, type StageJob } from '../steps/kinds/stage.js';
import { subsetScope } from '../steps/kinds/subset-models.js';
import type { SubsetsJob } from '../steps/kinds/subsets.js';
import { failureLine } from '../steps/registry.js';
import {
  modelSeed,
  type PlannedRun,
  type PlannedTruthSteps,
  planCheckpoints,
  planCheckpointsOnSubsets,
  planSubsetDesign,
  planTrajectories,
} from './plan-models.js';
import { type SettingLabel, seedLabel, settingLabels } from './settings-label.js';
import { addStep, type StepList } from './step-list.js';

/** A cell before it is known what of it is stored. */
export type CellDraft = Omit<PlannedCell, 'status' | 'reason'> & {
  readonly skipped?: string;
  readonly broken?: string;
  readonly forced: boolean;
};

/** A truth that metrics read; without a rule where others published it. */
export type TruthToRead = Pick<PlannedTruthSteps, 'key' | 'step' | 'output'> & Partial<Pick<PlannedTruthSteps, 'rule'>>;

/** What cells of a task have in common. */
export interface CellTask extends AskedGrid {
  readonly opened: TaskOfCells;
  /** The same where it is trained here: models are trained for methods. */
  readonly trained?: TaskToPlan;
  /** Subsets of its truth that methods may learn from. */
  readonly subsets?: StepDraft<SubsetsJob>;
  /** Whether no metric is wanted. */
  readonly scoresOnly: boolean;
  readonly truth?: TruthToRead;
  readonly split: Pick<PlannedTask, 'report' | 'tune'>;
}

/** Adds the steps of all cells of a task. */
export function planCells(steps: StepList, grid: Grid, cellTask: CellTask, filter: CellFilter): CellDraft[] {
  const labels = settingLabels([...cellTask.answers.keys()]);
  const task = cellTask.opened.info.id;
  const drafts: CellDraft[] = [];
  for (const [method, answer] of cellTask.answers) {
    const { id } = method.loaded.method;
    if (!filter.takes(task, id)) continue;
    for (const seed of grid.seeds) {
      const label = (reads?: readonly string[]) =>
        `${task}/${id}${labels.get(method)?.(reads) ?? ''}${seedLabel(grid, seed)}`;
      const cell = {
        id: label(),
        task,
        method: id,
        params: method.params,
        seed,
        forced: filter.forces(task, id),
      };
      if ('uses' in answer) {
        const { adaptation } = answer;
        const planned = planCell(steps, grid, cellTask, { method, seed, label, uses: answer.uses });
        drafts.push({ ...cell, ...planned, ...(adaptation !== undefined && { adaptation }) });
      } else drafts.push({ ...cell, ...answer, retrainings: 0 });
    }
  }
  return [...drafts, ...brokenCells(grid, task, filter)];
}

/** Cells of methods that could not be loaded. */
function brokenCells(grid: Grid, task: string, filter: CellFilter): CellDraft[] {
  return grid.broken
    .filter(({ id }) => filter.takes(task, id))
    .flatMap(({ id, error }) =>
      grid.seeds.map((seed) => ({
        id: `${task}/${id}${seedLabel(grid, seed)}`,
        task,
        method: id,
        params: {},
        seed,
        forced: false,
        broken: failureLine(error),
        retrainings: 0,
      })),
    );
}

interface Asked {
  readonly method: GridMethod;
  readonly seed: number;
  readonly label: SettingLabel;
  readonly uses: Extract<MethodAnswer, { uses: unknown }>['uses'];
}

function planCell(
  steps: StepList,
  grid: Grid,
  cellTask: CellTask,
  asked: Asked,
): Required<Pick<PlannedCell, 'steps' | 'retrainings'>> {
  const { method: gridMethod, seed, label, uses } = asked;
  const { loaded, params, files } = gridMethod;
  const { method, module, file, code, isolated } = loaded;
  const { opened, trained, metrics } = cellTask;
  const learns = method.needs.includes('subsets');
  const own = learns && trained && uses.subsets && planSubsetDesign(steps, trained, seed, uses.subsets);
  const subsets = own || (learns && cellTask.subsets ? publishedSubsets(cellTask.subsets) : undefined);
  const ofModels = modelSeed(trained?.task.truth, seed);
  const { checkpoints, trajectories } = planModels(steps, trained, method.needs, { seed, ofModels }, uses);
  const { checkpointFraction: fraction } = uses;
  const models = [...checkpoints, ...trajectories];
  const [trajectory, ...otherTrajectories] = trajectories.map(({ output }) => output);
  /** @param reads names of the parameters that count; default all */
  const cellOf = (reads = Object.keys(params)): CellToPlan => ({
    label: label(reads),
    method: {
      id: module,
      file,
      isolated,
      params: readByStage(reads, files.located) as Params<ParamSpecs>,
      seed,
      modelSeed: ofModels,
      checkpoints: checkpoints.map(({ output }) => output),
      ...(fraction !== undefined && trained && { checkpointSubsets: { fraction, scope: subsetScope(trained, seed) } }),
      ...(trajectory && { trajectory }),
      ...(otherTrajectories.length > 0 && { otherTrajectories }),
      ...(subsets && { subsets: subsets.output }),
    },
    parts: {
      method: module,
      revision: method.revision,
      code: code.hash,
      ...identityOf(method.params, filesReadBy(reads, files)),
    },
    place: [module, readByStage<unknown>(reads, params) as Json, seed],
    needs: [...new Set([...opened.dataSteps, ...models.map(({ id }) => id), ...(subsets ? [subsets.id] : [])])],
  });
  const cell = cellOf();
  const checkpointRuns = [...new Set(models.map(({ id }) => id))];
  const checkpointModels = fraction === undefined ? checkpointRuns.length : checkpoints.length;
  const retrainings = checkpointModels + (own ? own.models.length : 0);
  const training = [...checkpointRuns, ...(own ? own.steps : [])];
  if (loaded.external !== undefined) {
    const score = addStep(steps, planExternal(opened, cell, loaded.external, grid, method.scoreShape));
    return {
      steps: { training, stages: {}, score: score.id, metrics: planMetrics(steps, grid, cellTask, cell, score) },
      retrainings,
    };
  }
  const before: { [stage in Stage]?: StepDraft<StageJob> } = {};
  for (const stage of stages) {
    const reads = method.reads[stage];
    if (reads !== undefined) before[stage] = addStep(steps, planStage(stage, opened, cellOf([...reads])));
  }
  const selfInfluence = method.selfInfluence && metrics.some(({ metric }) => metric.needs.includes('label-noise'));
  const score = addStep(steps, planScore(opened, cell, before, { scoreShape: method.scoreShape, selfInfluence }));
  return {
    steps: {
      training,
      stages: Object.fromEntries(Object.entries(before).map(([stage, { id }]) => [stage, id])),
      score: score.id,
      metrics: planMetrics(steps, grid, cellTask, cell, score),
    },
    retrainings,
  };
}

/** Subsets of a truth that others published, to learn from. */
function publishedSubsets({ id, job }: StepDraft<SubsetsJob>): PlannedRun {
  return { id, output: job.output };
}

const modelNeeds: readonly Need[] = ['checkpoints', 'gradients', 'curvature', 'trajectory', 'unrolling', 'features'];

/** Steps that train the models that a method uses, with those of runs that it looks along, if any. */
function planModels(
  steps: StepList,
  task: TaskToPlan | undefined,
  needs: readonly Need[],
  { seed, ofModels }: { readonly seed: number; readonly ofModels: number },
  uses: Asked['uses'],
): { readonly checkpoints: readonly PlannedRun[]; readonly trajectories: readonly PlannedRun[] } {
  if (task === undefined || !needs.some((need) => modelNeeds.includes(need)))
    return { checkpoints: [], trajectories: [] };
  const { checkpoints, checkpointFraction: fraction } = uses;
  if (fraction !== undefined)
    return { checkpoints: planCheckpointsOnSubsets(steps, task, seed, { checkpoints, fraction }), trajectories: [] };
  return {
    checkpoints: planCheckpoints(steps, task, ofModels, checkpoints),
    trajectories: needs.includes('trajectory') ? planTrajectories(steps, task, ofModels, uses) : [],
  };
}

/** Steps of the metrics of a cell by the metric's id; those that share another's retrainings come after it. */
function planMetrics(
  steps: StepList,
  grid: Grid,
  { opened, metrics, truth, split, scoresOnly }: CellTask,
  cell: CellToPlan,
  score: StepDraft<ScoringJob>,
): Record<string, string> {
  if (scoresOnly) return {};
  // What the task is ranked and its parameters are chosen by.
  const primary = metrics.find(({ metric }) => metric.id === grid.report.primary) ?? metrics[0];
  const planned: Record<string, string> = {};
  const sharing = ({ metric }: GridMetric) => (metric.sharesRetrainings === undefined ? 0 : 1);
  for (const entry of metrics.toSorted((a, b) => sharing(a) - sharing(b))) {
    const { metric, files } = entry;
    const after = planned[metric.sharesRetrainings ?? ''];
    // Retraining for a split that nothing is chosen on would be for nothing.
    const reportOnly = entry !== primary && metric.retrains;
    const reads = {
      score,
      split: reportOnly ? { report: split.report } : split,
      ...(metric.needs.includes('truth') && truth && { truth: { ...truth, artifact: truth.output } }),
      ...(after !== undefined && { after }),
    };
    planned[metric.id] = addStep(steps, planMetric(opened, cell, entry, identityOf(metric.params, files), reads)).id;
  }
  return planned;
}

/** The files of the parameters that a stage reads. */
function filesReadBy(reads: readonly string[], { located, contents }: NamedFiles): NamedFiles {
  const read = Object.entries(contents).filter(([name]) => reads.includes(name.split('.')[0]));
  return { located: readByStage(reads, located) as Params<ParamSpecs>, contents: Object.fromEntries(read) };
}

/** What parameters are for keys: their values, but of files what is in them and not where they lie. */
function identityOf(specs: ParamSpecs, { located, contents }: NamedFiles): { params: Json; files?: Json } {
  const params = withoutFiles<Json>(fileParams(specs), located);
  return { params, ...(Object.keys(contents).length > 0 && { files: contents }) };
}

import {
  type Json,
  type Need,
  type ParamSpecs,
  type ScoreShape,
  toPlainError,
  withoutFiles,
} from '@attribution-bench/contract';
import type { ArtifactOutput } from '@attribution-bench/store';
import { hashPackage } from '@attribution-bench/tasks';
import type { Grid, GridMethod, GridMetric, LoadedMethod, NamedFiles } from '../model/grid.js';
import type { MethodSource } from '../model/job.js';
import type { PlannedCell, PlannedTask } from '../model/plan.js';
import { failureReason } from '../schedule/failure-text.js';
import type { CellFilter } from './globs.js';
import { type PlannedTruthSteps, planCheckpoints, planTrajectory } from './plan-models.js';
import type { OpenedTask } from './plan-task.js';
import { seedLabel, settingLabels } from './settings-label.js';
import { addStep, outputOf, type StepList } from './step-list.js';

/** A cell before it is known what of it is stored. */
export type CellDraft = Omit<PlannedCell, 'status' | 'reason'> & {
  readonly skipped?: string;
  readonly broken?: string;
  readonly forced: boolean;
};

/** What cells of a task have in common. */
export interface CellTask {
  readonly opened: OpenedTask;
  readonly metrics: readonly GridMetric[];
  readonly truth?: PlannedTruthSteps;
  readonly split: Pick<PlannedTask, 'report' | 'tune'>;
}

/** Metrics of the grid that are for a task. */
export function metricsFor(grid: Grid, { task }: OpenedTask): GridMetric[] {
  return grid.metrics.filter(({ metric, tasks }) => {
    if (tasks !== undefined && !tasks.includes(task.id)) return false;
    if (metric.needs.includes('truth') && task.truth === undefined) return false;
    if (metric.needs.includes('generated') && task.spec.queries.generated === 0) return false;
    return !metric.needs.includes('label-noise') || Number(task.spec.data.flipLabels ?? 0) > 0;
  });
}

/** Why a method is not run on a task, or undefined. @throws BenchError METHOD_ANSWER when it does not say */
export async function skipReason(
  { loaded, params }: GridMethod,
  { opened, metrics }: Pick<CellTask, 'opened' | 'metrics'>,
): Promise<string | undefined> {
  const supported = await loaded.supports(opened.info, params);
  if (supported !== true) return supported;
  return metrics.length === 0 ? 'no metric of the grid is for this task' : undefined;
}

/** Adds the steps of all cells of a task. */
export async function planCells(
  steps: StepList,
  grid: Grid,
  cellTask: CellTask,
  filter: CellFilter,
): Promise<CellDraft[]> {
  const labels = settingLabels(grid.methods);
  const task = cellTask.opened.task.id;
  const primary = cellTask.metrics.find(({ metric }) => metric.id === grid.report.primary) ?? cellTask.metrics[0];
  const drafts: CellDraft[] = [];
  for (const method of grid.methods) {
    const id = method.loaded.method.id;
    if (!filter.takes(task, id)) continue;
    const asked = await askedOf(method, cellTask);
    for (const seed of grid.seeds) {
      const cell = {
        id: `${task}/${id}${labels.get(method) ?? ''}${seedLabel(grid, seed)}`,
        task,
        method: id,
        params: method.params,
        seed,
        forced: filter.forces(task, id),
      };
      if ('uses' in asked) {
        const { uses, adaptation } = asked;
        const planned = planCell(steps, cellTask, method, uses, seed, cell.id, primary);
        drafts.push({ ...cell, ...planned, ...(adaptation === undefined ? {} : { adaptation }) });
      } else drafts.push({ ...cell, ...asked, retrainings: 0 });
    }
  }
  for (const { id, error } of grid.broken)
    if (filter.takes(task, id))
      for (const seed of grid.seeds)
        drafts.push({
          id: `${task}/${id}${seedLabel(grid, seed)}`,
          task,
          method: id,
          params: {},
          seed,
          forced: false,
          broken: failureReason(error),
          retrainings: 0,
        });
  return drafts;
}

type Uses = Awaited<ReturnType<LoadedMethod['uses']>>;

/** What has to be known of a method with its parameters before its cells are planned. */
async function askedOf(
  method: GridMethod,
  cellTask: CellTask,
): Promise<{ uses: Uses; adaptation: string | undefined } | { skipped: string } | { broken: string }> {
  const { loaded, params } = method;
  try {
    const skipped = await skipReason(method, cellTask);
    if (skipped !== undefined) return { skipped };
    return { uses: await loaded.uses(params), adaptation: await loaded.adapted(cellTask.opened.info, params) };
  } catch (error) {
    return { broken: failureReason(toPlainError(error)) };
  }
}

const modelNeeds: readonly Need[] = ['checkpoints', 'gradients', 'curvature', 'trajectory', 'features'];

function planCell(
  steps: StepList,
  cellTask: CellTask,
  { loaded, params, files }: GridMethod,
  uses: Uses,
  seed: number,
  label: string,
  /** What the task is ranked and its parameters are chosen by. */
  primary: GridMetric | undefined,
): Required<Pick<PlannedCell, 'steps' | 'retrainings'>> {
  const { method, url, code, isolated } = loaded;
  const { opened, metrics } = cellTask;
  const withModels = method.needs.some((need) => modelNeeds.includes(need));
  const checkpoints = withModels ? planCheckpoints(steps, opened, seed, uses.checkpoints) : [];
  const trajectory = method.needs.includes('trajectory')
    ? planTrajectory(steps, opened, seed, uses.trajectory)
    : undefined;
  const source: MethodSource = {
    id: method.id,
    url,
    isolated,
    params: files.located,
    seed,
    checkpoints: checkpoints.map(({ output }) => output),
    ...(trajectory === undefined ? {} : { trajectory: trajectory.output }),
  };
  const models = [...checkpoints, ...(trajectory === undefined ? [] : [trajectory])];
  const rests = [...new Set([...opened.dataSteps, ...models.map(({ step }) => step)])];
  const common = { task: opened.task.id, method: method.id } as const;
  const place: Json[] = [method.id, { ...params } as Json, seed];
  const fitOutput = outputOf('fit', {
    ...opened.parts,
    method: method.id,
    revision: method.revision,
    code,
    ...identityOf(method.params, files),
    seed,
    checkpoints: checkpoints.map(({ output }) => output.key),
    trajectory: trajectory?.output.key,
  });
  const fit = addStep(steps, {
    ...common,
    kind: 'fit',
    label: `fit ${label}`,
    needs: rests,
    outputs: [fitOutput],
    job: { kind: 'fit', task: opened.source, method: source, output: fitOutput },
    place: ['fit', ...place],
  });
  const selfInfluence = method.selfInfluence && metrics.some(({ metric }) => metric.needs.includes('label-noise'));
  const scoreOutput = outputOf('score', { fit: fitOutput.key, selfInfluence });
  const score = addStep(steps, {
    ...common,
    kind: 'score',
    label: `score ${label}`,
    needs: [fit, ...rests],
    outputs: [scoreOutput],
    job: { kind: 'score', task: opened.source, method: source, fit: fitOutput, selfInfluence, output: scoreOutput },
    place: ['score', ...place],
  });
  const metricSteps: Record<string, string> = {};
  const sharing = ({ metric }: GridMetric) => (metric.sharesRetrainings === undefined ? 0 : 1);
  for (const entry of metrics.toSorted((a, b) => sharing(a) - sharing(b))) {
    const after = metricSteps[entry.metric.sharesRetrainings ?? ''];
    const scored = { scores: scoreOutput, step: score, shape: method.scoreShape };
    // Retraining for a split that nothing is chosen on would be for nothing.
    const { report, tune } = cellTask.split;
    const split = tune === undefined || (entry !== primary && entry.metric.retrainings) ? { report } : { report, tune };
    metricSteps[entry.metric.id] = planMetric(
      steps,
      { ...cellTask, split },
      entry,
      scored,
      common,
      label,
      place,
      after,
    );
  }
  return {
    steps: { fit, score, metrics: metricSteps },
    retrainings: new Set(models.map(({ output }) => output.key)).size,
  };
}

function planMetric(
  steps: StepList,
  { opened, truth, split }: CellTask,
  { metric, params, files }: GridMetric,
  scored: { readonly scores: ArtifactOutput; readonly step: string; readonly shape: ScoreShape },
  common: { readonly task: string; readonly method: string },
  label: string,
  place: readonly Json[],
  /** The step of the metric whose retrainings it shares, which then are there. */
  after: string | undefined,
): string {
  const wantsTruth = metric.needs.includes('truth') && truth !== undefined;
  const wantsLabels = metric.needs.includes('label-noise');
  const wantsTask = metric.retrainings !== undefined;
  const output = outputOf('metric', {
    metric: metric.id,
    revision: metric.revision,
    code: hashPackage('@attribution-bench/metrics'),
    ...identityOf(metric.params, files),
    scores: scored.scores.key,
    truth: wantsTruth ? truth.output.key : undefined,
    report: partsOf(split.report),
    tune: split.tune && partsOf(split.tune),
  });
  return addStep(steps, {
    ...common,
    kind: 'metric',
    label: `${metric.id} of ${label}`,
    needs: [
      scored.step,
      ...(wantsTruth ? [truth.step] : []),
      ...(wantsLabels || wantsTask ? opened.dataSteps : []),
      ...(after === undefined ? [] : [after]),
    ],
    outputs: [output],
    job: {
      kind: 'metric',
      metric: metric.id,
      params: files.located,
      info: opened.info,
      task: opened.source,
      scores: scored.scores,
      scoreShape: scored.shape,
      ...(wantsTruth
        ? {
            truth: {
              key: truth.key,
              rule: truth.rule,
              artifact: truth.output,
            },
          }
        : {}),
      ...(wantsLabels ? { dataset: opened.source.dataset } : {}),
      report: split.report,
      ...(split.tune === undefined ? {} : { tune: split.tune }),
      output,
    },
    place: ['metric', metric.id, { ...params } as Json, ...place],
  });
}

/** What parameters are for keys: their values, but of files what is in them and not where they lie. */
function identityOf(specs: ParamSpecs, { located, contents }: NamedFiles): { params: Json; files?: Json } {
  const params = withoutFiles<Json>(specs, located);
  return { params, ...(Object.keys(contents).length === 0 ? {} : { files: contents }) };
}

function partsOf({ subsets, queries, train }: PlannedTask['report']): Json {
  return [[...subsets], [...queries], train === undefined ? null : [...train]];
}

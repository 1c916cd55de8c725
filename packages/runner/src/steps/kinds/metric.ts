import {
  deriveSeed,
  type Json,
  type Metric,
  type MetricResult,
  type OpenMetricContext,
  type ParamSpecs,
  type Params,
  type PointMarks,
  Rng,
  type ScoreShape,
  type Split,
  type TaskInfo,
} from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import type { ArtifactOutput, ArtifactRef, Store } from '@attribution-bench/store';
import { importAuthored, type MarkName, markNames } from '@attribution-bench/tasks';
import { readArtifact, writeArtifact } from '../../artifacts/codec.js';
import { flippedLabels, pointLabels, pointMarks } from '../../artifacts/dataset.js';
import { metricArtifact, reportedValue } from '../../artifacts/metric-values.js';
import { scoresArtifact, shapeOfScores } from '../../artifacts/scores.js';
import { partOfTruth } from '../../artifacts/truth.js';
import type { GridMetric } from '../../model/grid.js';
import { type CellSource, namesOf, type StepJob, type TaskSource } from '../../model/job.js';
import type { StepDraft } from '../../model/step.js';
import type { SubsetRule } from '../../model/subset-rule.js';
import type { TaskOfCells } from '../../model/task-to-plan.js';
import type { StepReport } from '../../model/work.js';
import { withFeatures } from '../image-features.js';
import { madeUpScores } from '../made-up.js';
import { checkedResult } from '../metric-result.js';
import { retrainForMetric, sharedShare } from '../retrain-for-metric.js';
import { type StepContext, stopwatch } from '../step-context.js';
import { defineStep, type StepCode } from '../step-definition.js';
import { workOf } from '../work-of-task.js';
import type { ScoringJob } from './score.js';
import type { CellToPlan } from './stage.js';

export interface MetricJob extends StepJob {
  readonly metric: string;
  /** File of a user's metric. */
  readonly file?: string;
  /** Whether it has models trained. */
  readonly retrains: boolean;
  readonly params: Params<ParamSpecs>;
  readonly info: TaskInfo;
  readonly scores: ArtifactOutput;
  readonly scoreShape: ScoreShape;
  readonly truth?: MetricTruth;
  readonly task: CellSource;
  /** Given when the metric needs to know something of single points. */
  readonly dataset?: ArtifactRef;
  readonly report: Split;
  readonly tune?: Split;
  readonly output: ArtifactOutput;
}

export interface MetricTruth {
  readonly key: string;
  /** How its subsets were drawn; absent for a truth that others published. */
  readonly rule?: SubsetRule;
  readonly artifact: ArtifactOutput;
}

/** Compares scores with what is known, on the report split and, where parameters are chosen, on the tune split. */
export const metricStep = defineStep<MetricJob>({
  kind: 'metric',
  priority: 3,
  cell: { budgeted: false, value: reportedValue },
  cost: {
    likeness: ({ metric, retrains, params, info, report, task }) => ({
      metric,
      params: { ...params } as Json,
      sizes: [info.train, report.queries.length, report.subsets.length],
      task: retrains ? workOf(task) : undefined,
    }),
    shared: (job, stack) => (job.retrains ? sharedShare((seed) => requestsFor(job, seed), stack) : undefined),
  },
  result: () => metricArtifact,
  code: codeOf,
  run: evaluateMetric,
});

/** What a metric of a cell reads. */
export interface MetricReads {
  readonly score: StepDraft<ScoringJob>;
  readonly truth?: MetricTruth & { readonly step: string };
  readonly split: { readonly report: Split; readonly tune?: Split };
  /** Id of the step of the metric whose retrainings it shares, which then are stored. */
  readonly after?: string;
}

export function planMetric(
  task: TaskOfCells,
  { label, place }: CellToPlan,
  { metric, file, code, params, files }: GridMetric,
  identity: ArtifactOutput['made'],
  { score, truth, split, after }: MetricReads,
): StepDraft<MetricJob> {
  const wantsPoints = metric.needs.some((need) => need === 'label-noise' || need === 'labels' || isMark(need));
  const readsData = wantsPoints || metric.retrains;
  const output = metricStep.output({
    metric: metric.id,
    revision: metric.revision,
    code: code.hash,
    ...identity,
    scores: score.job.output.key,
    truth: truth?.artifact.key,
    report: partsOf(split.report),
    tune: split.tune && partsOf(split.tune),
  });
  return metricStep.draft({
    label: `${metric.id} of ${label}`,
    task: score.task,
    method: score.job.method.id,
    needs: [score.id, truth?.step, ...(readsData ? task.dataSteps : []), after].filter((id) => id !== undefined),
    outputs: [output],
    job: {
      metric: metric.id,
      ...(file !== undefined && { file }),
      retrains: metric.retrains,
      params: files.located,
      info: task.info,
      task: task.source,
      scores: score.job.output,
      scoreShape: score.job.scoreShape,
      ...(truth && { truth: { key: truth.key, ...(truth.rule && { rule: truth.rule }), artifact: truth.artifact } }),
      ...(wantsPoints && task.source.spec && { dataset: task.source.dataset }),
      ...split,
      output,
    },
    place: ['metric', metric.id, { ...params } as Json, ...place],
  });
}

/** The same for all metrics of a task, whose splits may be long. */
const splitParts = new WeakMap<Split, Json>();

function partsOf(split: Split): Json {
  const { subsets, queries, train } = split;
  const parts = splitParts.get(split) ?? [[...subsets], [...queries], train === undefined ? null : [...train]];
  splitParts.set(split, parts);
  return parts;
}

function codeOf({ metric, file, retrains, params, task }: MetricJob): StepCode {
  const space = file === undefined ? metrics[metric].imageSpace?.(params) : undefined;
  return {
    ...(retrains && task.spec && { network: task.spec }),
    ...(file !== undefined && { metric: { id: metric, file } }),
    ...(space?.space === 'onnx' && { extractor: space.extractor }),
  };
}

/** The metric of a step: one of this project by id, or a user's from its file. */
async function metricOf({ metric, file }: MetricJob): Promise<Metric> {
  return file === undefined ? metrics[metric] : ((await importAuthored('metric', file, metric)) as Metric);
}

/** What the metric would have trained if the scores were random numbers. */
function requestsFor(job: MetricJob, seed: number) {
  const { metric, file, params, info, scoreShape, task, report } = job;
  // What a user's metric asks for is not known without its code, which runs elsewhere: nothing counts as shared.
  if (file !== undefined) return [];
  const { scores } = madeUpScores(shapeOfScores(scoreShape, info), seed);
  const rng = new Rng(deriveSeed(namesOf(task).seed, task.key, 'metric', metric));
  return metrics[metric].retrainings?.({ task: info, scores, scoreShape }, params, report, rng) ?? [];
}

/** Compares scores with what is known. */
async function evaluateMetric(job: MetricJob, ctx: StepContext): Promise<StepReport> {
  const { task } = job;
  const { seed } = namesOf(task);
  const metric = await metricOf(job);
  const known = await readKnown(job, metric.needs, ctx.store);
  const elapsed = stopwatch();
  const retrainedFor = async (split: Split, rng: Rng, source: TaskSource) => {
    const requests = metric.retrainings?.(known, job.params, split, rng);
    const drawn = requests && (await retrainForMetric(requests, source, ctx));
    const space = metric.imageSpace?.(job.params);
    return drawn && space ? withFeatures(drawn, space, source, ctx) : drawn;
  };
  const evaluate = async (split: Split): Promise<MetricResult> => {
    const rng = new Rng(deriveSeed(seed, task.key, 'metric', metric.sharesRetrainings ?? job.metric));
    const retrained = task.spec && (await retrainedFor(split, rng, task));
    const result: unknown = metric.evaluate({ ...known, ...(retrained && { retrained }) }, job.params, split);
    return checkedResult(job.metric, result, split);
  };
  const report = await evaluate(job.report);
  const tune = job.tune && (await evaluate(job.tune));
  const spent = elapsed();
  await writeArtifact(ctx.store, job.output, metricArtifact, { report, ...(tune && { tune }) });
  return { ...spent, value: report.value };
}

function isMark(need: string): need is MarkName {
  return markNames.some((name) => name === need);
}

/** The scores, and what they are compared with. */
async function readKnown(job: MetricJob, needs: Metric['needs'], store: Store): Promise<OpenMetricContext> {
  const { info, scoreShape, truth, dataset } = job;
  const shape = shapeOfScores(scoreShape, info);
  const { scores, selfInfluence } = await readArtifact(store, job.scores, scoresArtifact(shape));
  const rows = truth && (await readArtifact(store, truth.artifact, partOfTruth(truth, info.train)));
  const read = { task: info, scores, scoreShape, ...(rows && { truth: rows }) };
  if (dataset === undefined) return read;
  const flipped = needs.includes('label-noise') && (await readArtifact(store, dataset, flippedLabels));
  const labels = needs.includes('labels') && (await readArtifact(store, dataset, pointLabels));
  const marks: Partial<Record<MarkName, PointMarks>> = {};
  for (const name of needs.filter(isMark)) marks[name] = await readArtifact(store, dataset, pointMarks(name));
  return {
    ...read,
    ...(flipped && { flipped, ...(selfInfluence && { selfInfluence }) }),
    ...(labels && { labels }),
    ...marks,
  };
}

import { cpus } from 'node:os';
import { relative, resolve } from 'node:path';
import type { Json, Stage } from '@attribution-bench/contract';
import type { BoardInput, BoardMethod, BoardTask, CellResult, Cost, StageCost } from '@attribution-bench/leaderboard';
import { openStore, type Store } from '@attribution-bench/store';
import { findPackage } from '@attribution-bench/tasks';
import { type ArtifactPart, readArtifact, unlessLost } from '../artifacts/codec.js';
import { boardDiagnostics } from '../artifacts/diagnosis.js';
import { type MetricValues, metricArtifact } from '../artifacts/metric-values.js';
import { scoresDigest, scoresNotes } from '../artifacts/scores.js';
import { runSanity } from '../artifacts/training-run.js';
import { partOfTruth } from '../artifacts/truth.js';
import type { RunOutcome } from '../journal/events.js';
import type { Plan, PlannedCell, PlannedTask } from '../model/plan.js';
import { diagnoseStep } from '../steps/kinds/diagnose.js';
import { declaredCost, externalStep } from '../steps/kinds/external.js';
import { indexSteps, type StepIndex } from '../steps/step-index.js';
import { latestOutcome } from './latest-outcome.js';
import { sourceCommit } from './source-commit.js';

/**
 * What a board is made from, out of what is stored. A cell without results is `failed` when the run (or, without one,
 * the newest run of the grid) says so, `incomplete` otherwise. A damaged result is set aside and counts as none.
 * @param onLog hears of what is set aside
 */
export async function boardInput(
  plan: Plan,
  outcome?: RunOutcome,
  onLog: (message: string) => void = () => undefined,
): Promise<BoardInput> {
  const store = openStore(plan.storeLocation, ({ reason, movedTo }) =>
    onLog(`a stored result ${reason}; it was set aside as ${movedTo}`),
  );
  const steps = indexSteps(plan.steps);
  const ended = outcome ?? (await latestOutcome(plan.resultsFolder, plan.grid.name));
  const failures = new Map((ended?.failedCells ?? []).map(({ cell, reason }) => [cell, reason]));
  const missing = ended?.incomplete === undefined ? 'not computed yet' : `not computed: ${stopped[ended.incomplete]}`;
  const tasks: BoardTask[] = [];
  for (const task of plan.tasks) tasks.push(await boardTask(store, task, steps));
  const cells: CellResult[] = [];
  for (const cell of plan.cells)
    cells.push({
      ...(await cellResult(store, cell, steps, { failures, missing })),
      ...(cell.adaptation !== undefined && { adaptation: cell.adaptation }),
    });
  const { grid } = plan;
  return {
    grid: grid.name,
    gridSeed: grid.seed,
    tasks,
    methods: boardMethods(plan),
    metrics: grid.metrics.map(({ metric, params }) => ({
      id: metric.id,
      title: metric.title,
      ...(metric.description !== undefined && { description: metric.description }),
      ...(metric.unit !== undefined && { unit: metric.unit }),
      higherIsBetter: metric.higherIsBetter,
      ...(metric.range !== undefined && { range: metric.range }),
      ...(metric.curve !== undefined && { curve: metric.curve }),
      params: { ...params } as Record<string, Json>,
    })),
    cells,
    defaults: defaultsOf(plan),
    ...(grid.select?.budget !== undefined && !grid.quick && { selection: { budget: grid.select.budget } }),
    report: grid.report,
    provenance: provenance(plan),
  };
}

async function boardTask(store: Store, planned: PlannedTask, steps: StepIndex): Promise<BoardTask> {
  const { task, info, key, dataset, report, tune, truth, first, foreign, questions } = planned;
  const stored = truth && (await storedPart(store, truth.step, steps, partOfTruth(truth, info.train)));
  const diagnose = [...steps.values()].find((step) => step.task === task.id && diagnoseStep.jobOf(step));
  const diagnostics = await storedPart(store, diagnose?.id, steps, boardDiagnostics);
  const board: BoardTask = {
    info,
    key,
    dataset,
    report,
    questions,
    sanity: (await storedPart(store, first, steps, runSanity)) ?? {},
    ...(tune !== undefined && { tune }),
    ...(foreign !== undefined && { foreign }),
    ...(task.truth?.growth !== undefined && { growth: task.truth.growth }),
    ...(diagnostics !== undefined && { diagnostics }),
  };
  return stored === undefined ? board : { ...board, truth: stored };
}

/** What is read of the first result of a step; undefined where there is no such step or no sound result. */
async function storedPart<T>(
  store: Store,
  id: string | undefined,
  steps: StepIndex,
  part: ArtifactPart<T>,
): Promise<T | undefined> {
  const output = steps.get(id ?? '')?.outputs[0];
  return output && unlessLost(readArtifact(store, output, part));
}

/** Why a run did not try everything. */
const stopped: Readonly<Record<NonNullable<RunOutcome['incomplete']>, string>> = {
  cancelled: 'the run was stopped',
  'max-time': 'the run came to its --max-time',
  'fail-fast': 'the run stopped at another failure (--fail-fast)',
  store: 'results could not be written',
};

/** Why cells have no result: those that failed by id, and all others. */
interface Reasons {
  readonly failures: ReadonlyMap<string, string>;
  readonly missing: string;
}

async function cellResult(
  store: Store,
  cell: PlannedCell,
  steps: StepIndex,
  { failures, missing }: Reasons,
): Promise<CellResult> {
  const { task, method, seed } = cell;
  const about = { task, method, seed, params: { ...cell.params } as Record<string, Json> };
  if (cell.steps === undefined)
    return {
      ...about,
      status: cell.status === 'broken' ? 'failed' : 'skipped',
      metrics: {},
      ...(cell.reason !== undefined && { reason: cell.reason }),
    };
  const metrics: Record<string, MetricValues> = {};
  for (const [id, step] of Object.entries(cell.steps.metrics)) {
    const stored = await storedPart(store, step, steps, metricArtifact);
    if (stored !== undefined) metrics[id] = stored;
  }
  const digest = await storedPart(store, cell.steps.score, steps, scoresDigest);
  const notes = (await storedPart(store, cell.steps.score, steps, scoresNotes)) ?? [];
  const cost = digest === undefined ? undefined : await costOf(store, cell, steps);
  const complete = Object.keys(metrics).length === Object.keys(cell.steps.metrics).length && digest !== undefined;
  const failure = complete ? undefined : failures.get(cell.id);
  const stale = cell.status === 'stale' && cell.reason !== undefined ? ` (${cell.reason})` : '';
  return {
    ...about,
    status: complete ? 'ok' : failure === undefined ? 'incomplete' : 'failed',
    ...(complete ? {} : { reason: failure ?? `${missing}${stale}` }),
    metrics,
    ...(cost !== undefined && { cost }),
    ...(digest !== undefined && { scoresDigest: digest }),
    ...(notes.length > 0 && { notes }),
  };
}

async function costOf(store: Store, cell: PlannedCell, steps: StepIndex): Promise<Cost | undefined> {
  const of = async (id: string) => {
    const output = steps.get(id)?.outputs[0];
    return output === undefined ? undefined : store.readCost(output);
  };
  if (cell.steps === undefined) return undefined;
  const external = externalStep.jobOf(steps.get(cell.steps.score));
  const declared = external && declaredCost(external);
  if (declared !== undefined) {
    const { seconds, memory, retrainings } = declared;
    return {
      declared: true,
      ...(seconds !== undefined && { scoreSeconds: seconds }),
      ...(memory !== undefined && { peakRssBytes: memory }),
      ...(retrainings !== undefined && { retrainings }),
    };
  }
  const score = await of(cell.steps.score);
  if (score === undefined) return undefined;
  const { stages } = cell.steps;
  const costs: Partial<Record<Stage, StageCost>> = {};
  let peakRssBytes = score.peakRssBytes;
  for (const [stage, id] of Object.entries(stages) as [Stage, string][]) {
    const cost = await of(id);
    if (cost === undefined) return undefined;
    costs[stage] = { step: id, seconds: cost.seconds };
    peakRssBytes = Math.max(peakRssBytes, cost.peakRssBytes);
  }
  const { fit, queries } = costs;
  const training = await Promise.all(
    cell.steps.training.map(async (step) => ({ step, seconds: (await of(step))?.seconds })),
  );
  return {
    fitSeconds: fit?.seconds ?? 0,
    scoreSeconds: score.seconds + (queries?.seconds ?? 0),
    peakRssBytes,
    retrainings: cell.retrainings,
    stages: Object.values(costs),
    ...(training.every(isKnown) && { training }),
  };
}

/** Models that were imported, or trained by an earlier version, have no known cost. */
function isKnown(cost: { readonly step: string; readonly seconds: number | undefined }): cost is StageCost {
  return cost.seconds !== undefined;
}

function boardMethods({ grid }: Plan): BoardMethod[] {
  const methods = new Map(grid.methods.map(({ loaded: { method } }) => [method.id, method]));
  const known = [...methods.values()].map(({ id, title, family, origin, cite, revision, scoreShape, needs }) => ({
    id,
    title,
    family,
    origin,
    cite,
    revision,
    output: scoreShape,
    needs,
  }));
  return [...known, ...grid.broken.map(({ id }) => ({ ...undeclared, id, title: id }))];
}

/** Values that methods declare as defaults. */
function defaultsOf({ grid }: Plan): NonNullable<BoardInput['defaults']> {
  return Object.fromEntries(
    grid.methods.map(({ loaded: { method } }) => [
      method.id,
      Object.fromEntries(
        Object.entries(method.params).flatMap(([name, spec]) =>
          spec.default === undefined ? [] : [[name, spec.default as Json]],
        ),
      ),
    ]),
  );
}

/** What stands on a board for a method that could not say what it is. */
const undeclared = {
  family: 'unknown',
  origin: 'baseline',
  cite: '',
  revision: 0,
  output: 'pairwise',
  needs: [],
} as const satisfies Omit<BoardMethod, 'id' | 'title'>;

/** Where the numbers come from; nothing in it changes from run to run on one machine. */
function provenance(plan: Plan): Record<string, Json> {
  const { grid, engine, tasks } = plan;
  return {
    file: grid.file,
    source: { grid: gridSource(plan) },
    quick: grid.quick,
    engine,
    version: versionOf('@attribution-bench/runner'),
    ...sourceCommit(),
    node: process.version,
    onnxruntime: versionOf('onnxruntime-node'),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    tasks: tasks.map(({ task, key }) => ({
      id: task.id,
      key,
      ...(task.spec && { spec: task.spec as unknown as Json }),
    })),
  };
}

/** The grid file seen from the results folder, with slashes: tells boards of two files with one name apart. */
export function gridSource({ grid, resultsFolder }: Pick<Plan, 'grid' | 'resultsFolder'>): string {
  return relative(resolve(resultsFolder), resolve(grid.file)).replaceAll('\\', '/');
}

function versionOf(name: string): string {
  const runtime = findPackage('@attribution-bench/onnx', [import.meta.dirname]);
  return (
    findPackage(name, [import.meta.dirname, ...(runtime === undefined ? [] : [runtime.folder])])?.version ?? 'unknown'
  );
}

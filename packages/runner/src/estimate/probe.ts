import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '@attribution-bench/contract';
import type { Grid, GridTask } from '../grid/grid.js';
import type { Plan, PlannedStep, PlannedTask } from '../plan/plan.js';
import { planGrid } from '../plan/plan-grid.js';
import { runPlan } from '../run/run-plan.js';
import { type History, likeness, type Measured, readHistory } from './history.js';

/** One run of everything that is not known, on small versions of the tasks. */
interface Size {
  /** Training points at most. */
  readonly points: number;
  readonly epochs: number;
}

const small: Size = { points: 128, epochs: 1 };
const large = (epochs: number): Size => ({ points: 512, epochs });
/** The large probe takes some eight times as long as the small one, and is left out when that is too long. */
const smallAtMostSeconds = 15;
/** Trainings that are over sooner than this in the small probe run longer in the large one, to drown the noise. */
const noisySeconds = 0.1;

type Measurements = ReadonlyMap<string, Measured>;

/**
 * Times what is not known yet on small versions of the tasks, with one worker. Training time grows linearly in optimiser
 * steps; that of methods by the power of the size that two probes show, since queries shrink with the training set.
 * @returns predictions for the steps at full size; none for steps that fail at small sizes
 */
export async function probe(plan: Plan, unknown: readonly PlannedStep[]): Promise<History> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-probe-'));
  try {
    const startedMs = performance.now();
    const less = await measure(plan, unknown, small, join(folder, 'small'));
    const quick = performance.now() - startedMs < smallAtMostSeconds * 1000;
    const trained = unknown.flatMap((step) => (isTraining(step) ? (less.get(placeOf(step))?.seconds ?? []) : []));
    const longer = large(Math.max(...trained, 0) < noisySeconds ? 16 : 2);
    const more = quick ? await measure(plan, unknown, longer, join(folder, 'large')) : undefined;
    const predicted: History = new Map();
    for (const step of unknown) {
      const place = placeOf(step);
      const task = plan.tasks.find(({ task: { id } }) => id === step.task);
      const first = less.get(place);
      if (task !== undefined && first !== undefined)
        predicted.set(likeness(step), extrapolate(step, task, first, more?.get(place), longer));
    }
    return predicted;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Steps of the probes and of the plan that correspond. */
function placeOf(step: PlannedStep): string {
  const { job } = step;
  switch (job.kind) {
    case 'fit':
    case 'score':
      return JSON.stringify([job.kind, step.task, job.method.id, job.method.params]);
    case 'metric':
      return JSON.stringify([job.kind, step.task, job.metric]);
    case 'train':
      return JSON.stringify([job.kind, step.task, job.snapshots]);
    default:
      return JSON.stringify([job.kind, step.task]);
  }
}

async function measure(
  { grid, tasks, engine, environment }: Plan,
  unknown: readonly PlannedStep[],
  size: Size,
  resultsFolder: string,
): Promise<Measurements> {
  const scope = unknown.some(({ method }) => method !== undefined) ? 'all' : 'truth';
  try {
    const options = { resultsFolder, engine, scope, ...environment } as const;
    const planned = await planGrid(shrunk(grid, tasks, unknown, size), options);
    await runPlan(planned, { jobs: 1 });
    const history = await readHistory(resultsFolder);
    return new Map(
      planned.steps.flatMap((step) => {
        const measured = history.get(likeness(step));
        return measured === undefined ? [] : [[placeOf(step), measured] as const];
      }),
    );
  } catch (error) {
    if (error instanceof BenchError) return new Map();
    throw error;
  }
}

function shrunk(grid: Grid, tasks: readonly PlannedTask[], unknown: readonly PlannedStep[], size: Size): Grid {
  const wanted = new Set(unknown.map(({ task }) => task));
  const named = new Set(unknown.map(({ method }) => method));
  const methods = grid.methods.filter(({ loaded }) => named.has(loaded.method.id));
  const { select: _, ...rest } = grid;
  return {
    ...rest,
    budget: {},
    seeds: grid.seeds.slice(0, 1),
    methods: methods.length > 0 ? methods : grid.methods.slice(0, 1),
    tasks: tasks.flatMap(({ task, info }) => (wanted.has(task.id) ? [shrunkTask(task, info, size)] : [])),
  };
}

function pointsOf({ train, classes }: PlannedTask['info'], { points }: Size): number {
  return Math.min(train, Math.max(points, 2 * classes));
}

function shrunkTask(task: GridTask, info: PlannedTask['info'], size: Size): GridTask {
  const points = pointsOf(info, size);
  const scaled = (count: number) => (count === 0 ? 0 : Math.max(1, Math.round((count * points) / info.train)));
  const { queries, data, training } = task.spec;
  const spec = {
    ...task.spec,
    data: { ...data, train: points },
    training: { ...training, epochs: Math.min(size.epochs, training.epochs) },
    queries: { ...queries, heldout: scaled(queries.heldout), generated: scaled(queries.generated) },
  };
  const truth = task.truth === undefined ? undefined : { ...task.truth, subsets: 2, retrainSeeds: 4 };
  return { ...task, spec, ...(truth === undefined ? {} : { truth }) };
}

function isTraining({ kind }: PlannedStep): boolean {
  return kind === 'train' || kind === 'retrain' || kind === 'generate';
}

function extrapolate(
  step: PlannedStep,
  { task, info }: PlannedTask,
  less: Measured,
  more: Measured | undefined,
  longer: Size,
): Measured {
  const [n1, n2] = [pointsOf(info, small), pointsOf(info, longer)];
  const bytes = (n: number) => n * info.inputShape.reduce((product, dim) => product * dim, 4);
  const peak = Math.max(less.peakRssBytes, more?.peakRssBytes ?? 0);
  const peakRssBytes = peak + bytes(info.train) - bytes(more === undefined ? n1 : n2);
  if (isTraining(step)) {
    const { epochs, batch } = task.spec.training;
    const share = step.kind === 'retrain' ? (task.truth?.fraction ?? 1) : 1;
    const steps = (n: number, rounds: number) => Math.min(rounds, epochs) * Math.ceil((n * share) / batch);
    const [s1, s2, all] = [steps(n1, small.epochs), steps(n2, longer.epochs), steps(info.train, epochs)];
    if (more === undefined || s1 === s2) return { seconds: (less.seconds * all) / s1, peakRssBytes };
    const slope = Math.max(0, (more.seconds - less.seconds) / (s2 - s1));
    return { seconds: Math.max(0, less.seconds - slope * s1) + slope * all, peakRssBytes };
  }
  if (more === undefined || n1 === n2)
    return { seconds: ((more ?? less).seconds * info.train) / (more === undefined ? n1 : n2), peakRssBytes };
  const shown = Math.log(more.seconds / less.seconds) / Math.log(n2 / n1);
  const power = more.seconds < trifleSeconds ? 1 : Math.min(3, Math.max(0, shown));
  return { seconds: more.seconds * (info.train / n2) ** power, peakRssBytes };
}

/** Below this, times say more about the clock than about the method. */
const trifleSeconds = 0.02;

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@attribution-bench/store';
import type { Grid, GridTask } from '../grid/grid.js';
import type { Plan, PlannedStep, PlannedTask } from '../plan/plan.js';
import { planGrid } from '../plan/plan-grid.js';
import { runPlan } from '../run/run-plan.js';
import { type History, likeness, type Measured } from './history.js';

/** Training points of the larger probe; the smaller one has half. */
const mostPoints = 512;

/**
 * Times what is not known yet on small versions of the tasks: half and all of up to 512 training points, one and two
 * epochs, one worker. Training time grows linearly in optimiser steps; that of methods by the power of the size that the
 * two probes show, since queries shrink with the training set.
 * @returns predictions for the steps at full size
 */
export async function probe(plan: Plan, unknown: readonly PlannedStep[]): Promise<History> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-probe-'));
  try {
    const small = await measure(plan, unknown, 1, folder);
    const large = await measure(plan, unknown, 2, folder);
    const predicted: History = new Map();
    for (const step of unknown) {
      const place = placeOf(step);
      const [less, more] = [small.get(place), large.get(place)];
      const task = plan.tasks.find(({ task: { id } }) => id === step.task);
      if (less !== undefined && more !== undefined && task !== undefined)
        predicted.set(likeness(step), extrapolate(step, task, less, more));
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
  plan: Plan,
  unknown: readonly PlannedStep[],
  size: 1 | 2,
  folder: string,
): Promise<ReadonlyMap<string, Measured>> {
  const resultsFolder = join(folder, String(size));
  const { engine, environment } = plan;
  const planned = await planGrid(shrunk(plan, unknown, size), { resultsFolder, engine, ...environment });
  await runPlan(planned, { jobs: 1 });
  const store = openStore(join(resultsFolder, 'store'));
  const least = new Map<string, Measured>();
  for (const step of planned.steps) {
    const cost = step.needed ? await store.readCost(step.outputs[0]) : undefined;
    if (cost === undefined) continue;
    const before = least.get(placeOf(step));
    least.set(placeOf(step), {
      seconds: Math.min(cost.seconds, before?.seconds ?? cost.seconds),
      peakRssBytes: Math.max(cost.peakRssBytes, before?.peakRssBytes ?? 0),
    });
  }
  return least;
}

function shrunk({ grid, tasks, cells }: Plan, unknown: readonly PlannedStep[], size: 1 | 2): Grid {
  const wanted = new Set(unknown.map(({ task }) => task));
  const methods = new Set(unknown.map(({ method }) => method));
  const used = grid.methods.filter(({ loaded }) => methods.has(loaded.method.id));
  const first = cells.find(({ status }) => status !== 'skipped')?.method;
  const { select: _, budget: __, ...rest } = grid;
  return {
    ...rest,
    budget: {},
    seeds: grid.seeds.slice(0, 1),
    methods: used.length > 0 ? used : grid.methods.filter(({ loaded }) => loaded.method.id === first).slice(0, 1),
    tasks: tasks.filter(({ task }) => wanted.has(task.id)).map(({ task, info }) => shrunkTask(task, info, size)),
  };
}

function pointsOf(train: number, size: 1 | 2): number {
  return Math.max(2, Math.round((Math.min(train, mostPoints) * size) / 2));
}

function shrunkTask(task: GridTask, { train, classes }: PlannedTask['info'], size: 1 | 2): GridTask {
  const points = Math.min(train, Math.max(pointsOf(train, size), classes));
  const share = points / train;
  const { heldout, generated } = task.spec.queries;
  const scaled = (count: number) => (count === 0 ? 0 : Math.max(1, Math.round(count * share)));
  const spec = {
    ...task.spec,
    data: { ...task.spec.data, train: points },
    training: { ...task.spec.training, epochs: Math.min(size, task.spec.training.epochs) },
    queries: { ...task.spec.queries, heldout: scaled(heldout), generated: scaled(generated) },
  };
  return {
    ...task,
    spec,
    ...(task.truth === undefined ? {} : { truth: { ...task.truth, subsets: 2, retrainSeeds: 2 } }),
  };
}

function extrapolate(step: PlannedStep, { task, info }: PlannedTask, less: Measured, more: Measured): Measured {
  const [n1, n2] = [pointsOf(info.train, 1), pointsOf(info.train, 2)];
  const { epochs, batch } = task.spec.training;
  const bytes = (n: number) => n * info.inputShape.reduce((product, dim) => product * dim, 4);
  const peakRssBytes = Math.max(less.peakRssBytes, more.peakRssBytes) + bytes(info.train) - bytes(n2);
  if (step.kind === 'train' || step.kind === 'retrain') {
    const share = step.kind === 'retrain' ? (task.truth?.fraction ?? 1) : 1;
    const steps = (n: number, rounds: number) => rounds * Math.ceil((n * share) / batch);
    const [s1, s2] = [steps(n1, 1), steps(n2, Math.min(2, epochs))];
    const slope = Math.max(0, (more.seconds - less.seconds) / Math.max(1, s2 - s1));
    const fixed = Math.max(0, less.seconds - slope * s1);
    return { seconds: fixed + slope * steps(info.train, epochs), peakRssBytes };
  }
  const power = Math.min(3, Math.max(0, Math.log2(more.seconds / less.seconds)));
  return { seconds: more.seconds * (info.train / n2) ** (more.seconds < 0.02 ? 1 : power), peakRssBytes };
}

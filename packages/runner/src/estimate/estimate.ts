import { availableParallelism } from 'node:os';
import { extendHistory, type History, type Measured, readHistory } from '../journal/cost-history.js';
import { likeness } from '../journal/likeness.js';
import type { Plan } from '../model/plan.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';
import { trifleSeconds } from '../steps/step-definition.js';
import { byAnalogy } from './by-analogy.js';
import { makespan } from './makespan.js';
import { type ProbeOptions, probe } from './probe.js';

export interface Estimate {
  /** Predicted wall time of the steps that are to be done, on cores that have nothing else to do. */
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** Seconds of one worker. */
  readonly byKind: Readonly<Record<string, { readonly steps: number; readonly seconds: number }>>;
  /** By step id, in seconds of one worker. */
  readonly bySteps: ReadonlyMap<string, number>;
  /**
   * By likeness, memory of this process at its peak while its workers do such steps. Where that was not tried it is the most that
   * is known of the step's like and its task, or else of anything in the plan, since too little ends a task that is held to it.
   */
  readonly peaks: ReadonlyMap<string, number>;
  /** Steps that count with what others of their kind take, or other trainings on their task, since there was no time to try them. */
  readonly guessed: number;
  /** Steps of kinds of which nothing is known for the same reason: they count as next to nothing. */
  readonly unknown: number;
}

/** Planning, loading the engine in the workers and writing the board. */
const startSeconds = 3;
/** Processor seconds of each step beside a worker's own thread: storing, collecting garbage, telling what happens. */
const besideSeconds = 0.03;
/** Memory of the process before its workers do anything. */
const processBytes = 200e6;

export interface EstimateOptions extends ProbeOptions {
  /** Folder of the user that keeps what steps took in any results folder; absent: nothing but these results is looked at. */
  readonly rememberedIn?: string;
}

/**
 * Predicts time and memory of what a plan leaves to do, from earlier runs on this machine and, for what never ran here,
 * from a short timed probe whose outcome is kept in `<results>/probes/`. What that had no time for, or failed, counts with its like.
 * @param options.jobs workers; may be more than this machine has cores, of a machine with cores like these
 */
export async function estimate(plan: Plan, { rememberedIn, ...options }: EstimateOptions): Promise<Estimate> {
  const steps = plan.steps.filter(({ needed }) => needed);
  const known = await readHistory(plan.resultsFolder);
  if (rememberedIn !== undefined) await shareHistory(known, rememberedIn);
  const unknown = steps.filter((step) => isWorthProbing(step) && !known.has(likeness(step)));
  if (unknown.length > 0) {
    const predicted = await probe(plan, unknown, options);
    await extendHistory(plan.resultsFolder, predicted);
    if (rememberedIn !== undefined) await remember(rememberedIn, predicted);
    for (const [name, measured] of predicted) known.set(name, measured);
  }
  const points = new Map(plan.tasks.map(({ info }) => [info.id, info.train]));
  const like = byAnalogy(steps, known, (task) => points.get(task) ?? 0);
  const untried = steps.filter((step) => isWorthProbing(step) && !known.has(likeness(step)));
  const peaks = peaksOf(steps, known, like);
  for (const step of untried) {
    const guess = known.has(likeness(step)) ? undefined : like(step);
    if (guess !== undefined) known.set(likeness(step), guess);
  }
  const unknownStill = untried.filter((step) => !known.has(likeness(step))).length;
  const bySteps = new Map(steps.map((step) => [step.id, secondsOf(step, known)]));
  const byKind: Record<string, { steps: number; seconds: number }> = {};
  for (const { id, kind } of steps) {
    byKind[kind] ??= { steps: 0, seconds: 0 };
    byKind[kind].steps++;
    byKind[kind].seconds += bySteps.get(id) ?? 0;
  }
  const working = makespan(steps, ({ id }) => (bySteps.get(id) ?? 0) + besideSeconds, options.jobs);
  const peakRssBytes = [...peaks.values()].reduce((most, peak) => Math.max(most, peak), 0);
  return {
    seconds: steps.length === 0 ? 0 : startSeconds + working,
    peakRssBytes: memoryOf(options.jobs, peakRssBytes, options.jobs),
    byKind,
    bySteps,
    peaks,
    guessed: untried.length - unknownStill,
    unknown: unknownStill,
  };
}

/**
 * Memory of a process with so many workers, in bytes.
 * @param peakRssBytes measured here with `jobs` workers, or as many of them as there are cores
 */
export function memoryOf(workers: number, peakRssBytes: number, jobs: number): number {
  const workersHere = Math.max(1, Math.min(jobs, availableParallelism()));
  const perWorker = Math.max(0, peakRssBytes - processBytes) / workersHere;
  return peakRssBytes + (workers - workersHere) * perWorker;
}

/** Adds what is known of other results, and lets those know what is known of these. */
async function shareHistory(known: History, folder: string): Promise<void> {
  const elsewhere = await readHistory(folder);
  const news = [...known].filter(([name, { seconds }]) => elsewhere.get(name)?.seconds !== seconds);
  for (const [name, measured] of elsewhere) if (!known.has(name)) known.set(name, measured);
  await remember(folder, new Map(news));
}

/** Nothing is lost but a few seconds where the folder cannot be written. */
function remember(folder: string, measured: History): Promise<void> {
  return extendHistory(folder, measured).catch(() => undefined);
}

function peaksOf(
  steps: readonly PlannedStep[],
  known: History,
  like: (step: PlannedStep) => Measured | undefined,
): Map<string, number> {
  const ofTasks = new Map<string, number>();
  let most = processBytes;
  for (const step of steps) {
    const { peakRssBytes = 0 } = known.get(likeness(step)) ?? {};
    ofTasks.set(step.task, Math.max(ofTasks.get(step.task) ?? 0, peakRssBytes));
    most = Math.max(most, peakRssBytes);
  }
  const peaks = new Map<string, number>();
  const raise = (name: string, bytes: number): void => void peaks.set(name, Math.max(peaks.get(name) ?? 0, bytes));
  const guessed = new Set<string>();
  for (const step of steps) {
    const name = likeness(step);
    const measured = known.get(name)?.peakRssBytes ?? (isWorthProbing(step) ? undefined : processBytes);
    if (measured !== undefined) raise(name, measured);
    const ofTask = `${name} ${step.task}`;
    if (measured !== undefined || guessed.has(ofTask)) continue;
    guessed.add(ofTask);
    raise(name, Math.max(like(step)?.peakRssBytes ?? 0, ofTasks.get(step.task) ?? 0) || most);
  }
  return peaks;
}

function isWorthProbing({ job }: PlannedStep): boolean {
  return definitionOf(job).cost.seconds === undefined;
}

function secondsOf(step: PlannedStep, known: History): number {
  return known.get(likeness(step))?.seconds ?? definitionOf(step.job).cost.seconds?.(step.job) ?? trifleSeconds;
}

import { availableParallelism } from 'node:os';
import { metrics } from '@attribution-bench/metrics';
import type { Plan, PlannedStep } from '../plan/plan.js';
import { extendHistory, type History, likeness, readHistory } from './history.js';
import { probe } from './probe.js';

export interface Estimate {
  /** Predicted wall time of the steps that are to be done. */
  readonly seconds: number;
  readonly peakRssBytes: number;
  readonly byKind: Readonly<Record<string, { readonly steps: number; readonly seconds: number }>>;
  /** By step id, in seconds of one worker. */
  readonly bySteps: ReadonlyMap<string, number>;
}

/** Loading the engine in the workers, once. */
const startSeconds = 1.5;
/** Of steps that are over in no time and not worth a probe. */
const trifleSeconds = 0.02;
const processBytes = 300e6;

/**
 * Predicts time and memory of what a plan leaves to do, from earlier runs on this machine and, for what never ran here,
 * from a short timed probe whose outcome is kept in `<results>/probes/`.
 */
export async function estimate(plan: Plan, options: { readonly jobs: number }): Promise<Estimate> {
  const steps = plan.steps.filter(({ needed }) => needed);
  const known = await readHistory(plan.resultsFolder);
  const unknown = firstOfEach(steps.filter((step) => isWorthProbing(step) && !known.has(likeness(step))));
  if (unknown.length > 0) {
    const predicted = await probe(plan, unknown);
    await extendHistory(plan.resultsFolder, predicted);
    for (const [name, measured] of predicted) known.set(name, measured);
  }
  const bySteps = new Map(steps.map((step) => [step.id, secondsOf(step, known)]));
  const byKind: Record<string, { steps: number; seconds: number }> = {};
  for (const { id, kind } of steps) {
    byKind[kind] ??= { steps: 0, seconds: 0 };
    byKind[kind].steps++;
    byKind[kind].seconds += bySteps.get(id) ?? 0;
  }
  const threads = Math.max(1, Math.min(options.jobs, availableParallelism()));
  const total = [...bySteps.values()].reduce((sum, seconds) => sum + seconds, 0);
  const seconds = steps.length === 0 ? 0 : startSeconds + Math.max(total / threads, longestChain(steps, bySteps));
  const peaks = steps.map((step) => known.get(likeness(step))?.peakRssBytes ?? processBytes);
  return { seconds, peakRssBytes: Math.max(0, ...peaks), byKind, bySteps };
}

function isWorthProbing({ kind, job }: PlannedStep): boolean {
  if (job.kind === 'metric') return metrics[job.metric].retrainings !== undefined;
  return ['generate', 'train', 'retrain', 'fit', 'score'].includes(kind);
}

function firstOfEach(steps: readonly PlannedStep[]): PlannedStep[] {
  return [...new Map(steps.map((step) => [likeness(step), step])).values()];
}

function secondsOf(step: PlannedStep, known: History): number {
  const measured = known.get(likeness(step));
  if (measured !== undefined) return measured.seconds;
  return step.job.kind === 'truth' ? step.job.rows.length / 1000 : trifleSeconds;
}

/** The steps that have to follow each other bound the time from below, whatever the number of workers. */
function longestChain(steps: readonly PlannedStep[], bySteps: ReadonlyMap<string, number>): number {
  const until = new Map<string, number>();
  for (const { id, needs } of steps)
    until.set(id, (bySteps.get(id) ?? 0) + Math.max(0, ...needs.map((need) => until.get(need) ?? 0)));
  return Math.max(0, ...until.values());
}

import type { Plan, PlannedStep } from '../plan/plan.js';
import { extendHistory, type History, likeness, readHistory } from './history.js';
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
}

/** Loading the engine in the workers, once. */
const startSeconds = 1.5;
/** Of steps that are over in no time and not worth a probe. */
const trifleSeconds = 0.02;
const rowSeconds = 0.001;
const processBytes = 300e6;

/**
 * Predicts time and memory of what a plan leaves to do, from earlier runs on this machine and, for what never ran here,
 * from a short timed probe whose outcome is kept in `<results>/probes/`.
 * @param options.jobs workers; may be more than this machine has cores, of a machine with cores like these
 */
export async function estimate(plan: Plan, options: ProbeOptions): Promise<Estimate> {
  const steps = plan.steps.filter(({ needed }) => needed);
  const known = await readHistory(plan.resultsFolder);
  const unknown = steps.filter((step) => isWorthProbing(step) && !known.has(likeness(step)));
  if (unknown.length > 0) {
    const predicted = await probe(plan, unknown, options);
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
  const working = makespan(steps, ({ id }) => bySteps.get(id) ?? 0, options.jobs);
  const peaks = steps.map((step) => known.get(likeness(step))?.peakRssBytes ?? processBytes);
  return {
    seconds: steps.length === 0 ? 0 : startSeconds + working,
    peakRssBytes: Math.max(0, ...peaks),
    byKind,
    bySteps,
  };
}

function isWorthProbing({ kind }: PlannedStep): boolean {
  return kind !== 'dataset' && kind !== 'task' && kind !== 'truth';
}

function secondsOf(step: PlannedStep, known: History): number {
  const measured = known.get(likeness(step));
  if (measured !== undefined) return measured.seconds;
  return step.job.kind === 'truth' ? step.job.rows.length * rowSeconds : trifleSeconds;
}

import { type EstimateOptions, estimate, memoryOf } from '../estimate/estimate.js';
import { likeness } from '../journal/likeness.js';
import type { Plan } from '../model/plan.js';

/** What a step is expected to take in a task of an array. */
export interface StepPrediction {
  /** Seconds of one worker. */
  readonly seconds: number;
  /** Memory that a task needs for it, rounded up to a power of two GiB, so that there are few classes of tasks. */
  readonly memoryBytes: number;
}

/** Predictions are of the mean; a task that is over its memory is killed. */
const margin = 1.5;
const gib = 2 ** 30;

/**
 * Predicts what steps take, by step id, as {@link estimate} does: here, once, so that no task has to.
 * @param task its workers, and the memory that it has, where that is not to be predicted
 */
export async function predictSteps(
  plan: Plan,
  task: { readonly cpus: number; readonly memory?: number | undefined },
  options: EstimateOptions,
): Promise<ReadonlyMap<string, StepPrediction>> {
  const { bySteps, peaks } = await estimate(plan, options);
  const memoryFor = (peakRssBytes = 0): number => {
    if (task.memory !== undefined) return task.memory;
    const needed = margin * memoryOf(task.cpus, peakRssBytes, options.jobs);
    return gib * 2 ** Math.max(1, Math.ceil(Math.log2(needed / gib)));
  };
  return new Map(
    plan.steps
      .filter(({ needed }) => needed)
      .map((step) => [
        step.id,
        { seconds: bySteps.get(step.id) ?? 0, memoryBytes: memoryFor(peaks.get(likeness(step))) },
      ]),
  );
}

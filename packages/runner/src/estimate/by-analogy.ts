import type { History, Measured } from '../journal/cost-history.js';
import { likeness } from '../journal/likeness.js';
import type { PlannedStep } from '../model/step.js';
import { definitionOf } from '../steps/registry.js';

/**
 * What a step that was never timed may take: the mean of what is known of the same kind of step of its method on its task, with
 * another setting; else of its method on other tasks; else of other methods on its task; else, of a training, of others on its
 * task, by how many points are trained on; else of its kind.
 * @param pointsOf how many points a task trains on
 * @returns undefined where nothing is known of its kind
 */
export function byAnalogy(
  steps: readonly PlannedStep[],
  known: History,
  pointsOf: (task: string) => number,
): (step: PlannedStep) => Measured | undefined {
  const sums = new Map<string, { seconds: number; peakRssBytes: number; count: number }>();
  for (const step of steps) {
    const measured = known.get(likeness(step));
    if (measured === undefined) continue;
    for (const { name, amount } of likesOf(step, pointsOf)) {
      const { seconds, peakRssBytes, count } = sums.get(name) ?? { seconds: 0, peakRssBytes: 0, count: 0 };
      sums.set(name, {
        seconds: seconds + measured.seconds / amount,
        peakRssBytes: Math.max(peakRssBytes, measured.peakRssBytes),
        count: count + 1,
      });
    }
  }
  return (step) => {
    for (const { name, amount } of likesOf(step, pointsOf)) {
      const like = sums.get(name);
      if (like !== undefined) return { seconds: (amount * like.seconds) / like.count, peakRssBytes: like.peakRssBytes };
    }
    return undefined;
  };
}

/** Steps that take alike, but for how much there is to do. */
interface Like {
  readonly name: string;
  readonly amount: number;
}

/** The nearest first. */
function likesOf({ kind, task, method, job }: PlannedStep, pointsOf: (task: string) => number): Like[] {
  const like = (...name: readonly (string | null)[]): Like => ({ name: JSON.stringify(name), amount: 1 });
  const ofTask = like(kind, null, task);
  const ofKind = like(kind);
  if (method !== undefined) return [like(kind, method, task), like(kind, method), ofTask, ofKind];
  const points = definitionOf(job).cost.trainedPoints?.(job, pointsOf(task));
  const ofTraining = points === undefined ? [] : [{ ...like('training', null, task), amount: points }];
  return [ofTask, ...ofTraining, ofKind];
}

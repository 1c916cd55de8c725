import type { History, Measured } from '../journal/cost-history.js';
import { likeness } from '../journal/cost-history.js';
import type { PlannedStep } from '../model/step.js';

/**
 * What a step that was never timed may take: the mean of what is known of the same kind of step of its method on its task, with
 * another setting; else of its method on other tasks; else of other methods on its task; else of its kind.
 * @returns undefined where nothing is known of its kind
 */
export function byAnalogy(steps: readonly PlannedStep[], known: History): (step: PlannedStep) => Measured | undefined {
  const sums = new Map<string, { seconds: number; peakRssBytes: number; count: number }>();
  for (const step of steps) {
    const measured = known.get(likeness(step));
    if (measured === undefined) continue;
    for (const name of namesOf(step)) {
      const { seconds, peakRssBytes, count } = sums.get(name) ?? { seconds: 0, peakRssBytes: 0, count: 0 };
      sums.set(name, {
        seconds: seconds + measured.seconds,
        peakRssBytes: Math.max(peakRssBytes, measured.peakRssBytes),
        count: count + 1,
      });
    }
  }
  return (step) => {
    const like = namesOf(step).flatMap((name) => sums.get(name) ?? [])[0];
    return like && { seconds: like.seconds / like.count, peakRssBytes: like.peakRssBytes };
  };
}

/** The nearest first. */
function namesOf({ kind, task, method }: PlannedStep): string[] {
  const ofTask = JSON.stringify([kind, null, task]);
  const ofKind = JSON.stringify([kind]);
  return method === undefined
    ? [ofTask, ofKind]
    : [JSON.stringify([kind, method, task]), JSON.stringify([kind, method]), ofTask, ofKind];
}

import type { History } from '../journal/cost-history.js';
import { likeness } from '../journal/likeness.js';
import type { PlannedStep } from '../model/step.js';

/** Guesses how long steps take: from their like in this run, else from what this machine took for them in earlier runs. */
export interface Forecast {
  note(step: PlannedStep, seconds: number): void;
  /**
   * Seconds for all of them on so many threads, and for the longest of them at least; undefined until anything is known.
   * @param elapsed seconds since a step began, for one that has
   */
  seconds(
    steps: readonly PlannedStep[],
    threads: number,
    elapsed: (step: PlannedStep) => number | undefined,
  ): number | undefined;
}

interface Mean {
  sum: number;
  count: number;
}

/** Of what is left of a step that has taken longer than expected, as a share of the time since it began. */
const overrunShare = 0.5;

/** @param history what steps took on this machine in earlier runs */
export function newForecast(history: History): Forecast {
  const means = new Map<string, Mean>();
  /** What steps took here, and what they were known to take: this run beside earlier ones. */
  const pace = { here: 0, before: 0 };
  const roughly = ({ kind, task, method }: PlannedStep): string => `${kind} ${task} ${method ?? ''}`;
  const meanOf = (name: string): number | undefined => {
    const mean = means.get(name);
    return mean === undefined ? undefined : mean.sum / mean.count;
  };
  const earlier = (step: PlannedStep): number | undefined => {
    const seconds = history.get(likeness(step))?.seconds;
    return seconds === undefined || pace.before === 0 ? seconds : (seconds * pace.here) / pace.before;
  };
  const expected = (step: PlannedStep): number | undefined =>
    meanOf(likeness(step)) ?? earlier(step) ?? meanOf(roughly(step)) ?? meanOf(step.kind) ?? meanOf('');
  return {
    note(step, seconds) {
      const before = history.get(likeness(step))?.seconds ?? 0;
      if (before > 0) {
        pace.here += seconds;
        pace.before += before;
      }
      for (const name of [likeness(step), roughly(step), step.kind, '']) {
        const mean = means.get(name) ?? { sum: 0, count: 0 };
        mean.sum += seconds;
        mean.count++;
        means.set(name, mean);
      }
    },
    seconds(steps, threads, elapsed) {
      let total = 0;
      let longest = 0;
      for (const step of steps) {
        const whole = expected(step);
        if (whole === undefined) return undefined;
        const since = elapsed(step) ?? 0;
        const left = whole > since ? whole - since : since * overrunShare;
        total += left;
        longest = Math.max(longest, left);
      }
      return Math.max(total / threads, longest);
    },
  };
}

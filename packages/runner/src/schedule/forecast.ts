import type { PlannedStep } from '../model/step.js';

/** Guesses how long steps take from how long their like took in this run. */
export interface Forecast {
  note(step: PlannedStep, seconds: number): void;
  /** Seconds for all of them on so many threads; undefined until anything was noted. */
  seconds(steps: readonly PlannedStep[], threads: number): number | undefined;
}

export function newForecast(): Forecast {
  const means = new Map<string, { sum: number; count: number }>();
  const all = { sum: 0, count: 0 };
  const meanOf = ({ sum, count }: { sum: number; count: number }) => sum / count;
  return {
    note(step, seconds) {
      for (const name of [likeOf(step), step.kind]) {
        const mean = means.get(name) ?? { sum: 0, count: 0 };
        mean.sum += seconds;
        mean.count++;
        means.set(name, mean);
      }
      all.sum += seconds;
      all.count++;
    },
    seconds(steps, threads) {
      if (all.count === 0) return undefined;
      const total = steps.reduce(
        (sum, step) => sum + meanOf(means.get(likeOf(step)) ?? means.get(step.kind) ?? all),
        0,
      );
      return total / threads;
    },
  };
}

const likes = new WeakMap<PlannedStep, string>();

function likeOf(step: PlannedStep): string {
  const known = likes.get(step) ?? `${step.kind} ${step.task} ${step.method ?? ''}`;
  likes.set(step, known);
  return known;
}

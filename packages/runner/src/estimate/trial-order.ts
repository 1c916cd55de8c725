import { scoreStep } from '../steps/kinds/score.js';
import { definitionOf } from '../steps/registry.js';
import type { Trial } from './trials.js';

/** Which trial comes next, so that there is soon something to go by for all steps. */
export interface TrialOrder {
  /** Undefined where none is left; waits where all that are left wait for one that is being done. */
  next(): Promise<Trial | undefined>;
  /** @param cut whether its steps were too long to be done whole */
  ended(trial: Trial, cut: boolean): void;
}

/**
 * Trials of tasks come first, those that stand for many steps before the others, then the first trial of each method, the second
 * of each, and so on. Nothing is tried while something is trained on its task: it reads that, or is trained alike. Where training
 * was too long to be tried whole the task's other trainings come last, since what they take is known from the first.
 */
export function trialOrder(trials: readonly Trial[]): TrialOrder {
  const left = ranked(trials);
  const training = new Set<string>();
  const long = new Set<string>();
  const wake: (() => void)[] = [];
  const isDeferred = (trial: Trial): boolean => trains(trial) && long.has(taskOf(trial));
  const take = (): Trial | undefined => {
    const free = left.filter((trial) => !training.has(taskOf(trial)));
    const next = free.find((trial) => !isDeferred(trial)) ?? (left.every(isDeferred) ? free[0] : undefined);
    if (next === undefined) return undefined;
    left.splice(left.indexOf(next), 1);
    if (trains(next)) training.add(taskOf(next));
    return next;
  };
  return {
    async next() {
      for (;;) {
        const trial = take();
        if (trial !== undefined || left.length === 0) return trial;
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    ended(trial, cut) {
      if (trains(trial)) {
        training.delete(taskOf(trial));
        if (cut) long.add(taskOf(trial));
      }
      for (const go of wake.splice(0)) go();
    },
  };
}

function trains(trial: Trial): boolean {
  return trial.of !== 'method' && definitionOf(trial.tried.job).cost.trainedPoints !== undefined;
}

function taskOf(trial: Trial): string {
  return trial.of === 'method' ? trial.score.task : trial.tried.task;
}

function ranked(trials: readonly Trial[]): Trial[] {
  const seen = new Map<string, number>();
  const rankOf = (trial: Trial): number => {
    if (trial.of !== 'method') return trial.of === 'task' ? -1 : 0;
    const method = scoreStep.jobOf(trial.score)?.method.id ?? '';
    const rank = seen.get(method) ?? 0;
    seen.set(method, rank + 1);
    return rank;
  };
  const stepsOf = (trial: Trial): number => (trial.of === 'task' ? trial.tried.steps : 0);
  return trials
    .map((trial) => ({ trial, rank: rankOf(trial) }))
    .sort((a, b) => a.rank - b.rank || stepsOf(b.trial) - stepsOf(a.trial))
    .map(({ trial }) => trial);
}

import type { ArtifactCost } from '@attribution-bench/store';
import type { Executor } from '../executors/executor.js';
import { type MemoryMeter, memoryMeter } from '../executors/memory-meter.js';
import type { Budget } from '../model/grid.js';
import type { PlannedStep } from '../model/step.js';
import type { WorkResult } from '../model/work.js';
import { type Watched, watchBudget } from './budget-watch.js';
import { aboutStep, type Emit } from './events.js';

/** How a step ended, and what it cost. */
export interface EndedStep {
  readonly step: PlannedStep;
  readonly result: WorkResult;
  /** By the clock, from its start to its end. */
  readonly cost: ArtifactCost;
  /** Which budget it was over, where it was told to stop for that. */
  readonly over?: Watched['over'];
  /** Whether it ran in a process of its own. */
  readonly isolated: boolean;
}

/** The steps that the executor is at. */
export interface RunningSteps {
  /** Has a step done. @param spent seconds of the budget of its cell that were used before */
  run(step: PlannedStep, spent: number): Promise<EndedStep>;
  readonly labels: readonly string[];
  /** Seconds since a step began; undefined where none of that id is running. */
  secondsSince(id: string): number | undefined;
  /** Of this process and of those of its steps, since the run began. */
  readonly memory: Pick<MemoryMeter, 'rssBytes' | 'totalBytes' | 'peakTotalBytes'>;
  /** Asks all to stop, and those that are begun afterwards. */
  cancelAll(): void;
  /** Measures no more. */
  close(): void;
}

export function openRunningSteps(executor: Executor, budget: Budget, emit: Emit): RunningSteps {
  const running = new Set<Watched>();
  const startedMs = new Map<string, number>();
  const watch = watchBudget(budget);
  const memory = memoryMeter({
    others: () => [...running].reduce((sum, { execution }) => sum + (execution.process?.rssBytes ?? 0), 0),
    onSample: (rssBytes) => watch.memory([...running], rssBytes),
  });
  let cancelled = false;

  function begin(step: PlannedStep, spent: number): { readonly watched: Watched; stopClock(): void } {
    let stopClock: (() => void) | undefined;
    const execution = executor.start(step, (message) => {
      if (message.type === 'begun') stopClock = watch.time(step, spent, () => watched);
      else if (message.type === 'progress') emit({ type: 'step-progress', step: step.id, done: message.done });
      else emit({ ...message, step: step.id });
    });
    const watched: Watched = { step, execution, rssAtStart: memory.rssBytes, alone: running.size === 0 };
    for (const other of running) other.alone = false;
    running.add(watched);
    if (cancelled) execution.cancel();
    return { watched, stopClock: () => stopClock?.() };
  }

  return {
    async run(step, spent) {
      emit({ type: 'step-started', ...aboutStep(step) });
      const beganMs = performance.now();
      startedMs.set(step.id, beganMs);
      const peak = memory.start();
      const { watched, stopClock } = begin(step, spent);
      const { execution } = watched;
      const result = await execution.result;
      stopClock();
      running.delete(watched);
      startedMs.delete(step.id);
      const ownPeak = peak();
      const measured = result.status === 'done' ? result.report.peakRssBytes : undefined;
      const peakRssBytes = measured ?? execution.process?.peakRssBytes ?? ownPeak;
      const cost = { seconds: (performance.now() - beganMs) / 1000, peakRssBytes };
      return { step, result, cost, over: watched.over, isolated: execution.process !== undefined };
    },
    get labels() {
      return [...running].map(({ step }) => step.label);
    },
    secondsSince(id) {
      const sinceMs = startedMs.get(id);
      return sinceMs === undefined ? undefined : (performance.now() - sinceMs) / 1000;
    },
    memory,
    cancelAll() {
      cancelled = true;
      for (const { execution } of running) execution.cancel();
    },
    close: () => memory.stop(),
  };
}

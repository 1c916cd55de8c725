import type { RunningWork } from '../executors/work.js';
import type { Budget } from '../model/grid.js';
import type { PlannedStep } from '../model/step.js';
import { after } from './long-timer.js';

/** A step that runs. */
export interface Running {
  readonly step: PlannedStep;
  readonly work: RunningWork;
  readonly rssAtStart: number;
  /** Whether no other step ran at any time since it started. */
  alone: boolean;
  /** Why it was told to stop, where not because the whole run stops. */
  over?: 'time' | 'memory' | 'retry-alone';
}

/** Holds the steps of cells to the budget of a cell. */
export interface BudgetWatch {
  /** Starts the clock of a step; the function that comes back stops it. `spent` are the seconds its cell used before. */
  time(entry: Running, spent: number): () => void;
  /**
   * Looks at memory. A step in a process of its own is ended when that grew by more than the budget. The memory of this process
   * is that of all its threads, so a step can only be blamed when it ran alone all the time: when steps side by side use
   * more than their budgets together, those of cells are stopped to be tried again alone.
   */
  memory(running: Iterable<Running>, rssBytes: number): void;
}

export function watchBudget({ cellMs, memoryBytes }: Budget): BudgetWatch {
  return {
    time(entry, spent) {
      if (cellMs === undefined || !isOfCell(entry.step)) return () => undefined;
      return after(cellMs - spent * 1000, () => stop(entry, 'time'));
    },
    memory(running, rssBytes) {
      if (memoryBytes === undefined) return;
      const all = [...running];
      for (const entry of all)
        if (isOfCell(entry.step) && (entry.work.process?.grownBytes ?? 0) > memoryBytes) end(entry);
      const entries = all.filter(({ work }) => work.process === undefined);
      if (entries.length === 0) return;
      const before = Math.min(...entries.map(({ rssAtStart }) => rssAtStart));
      if (rssBytes - before <= memoryBytes * entries.length) return;
      for (const entry of entries) if (isOfCell(entry.step)) stop(entry, entry.alone ? 'memory' : 'retry-alone');
    },
  };
}

/** Memory has no time to spare, and what the step has done is lost in any case. */
function end(entry: Running): void {
  if (entry.over !== undefined) return;
  entry.over = 'memory';
  entry.work.process?.end();
}

function stop(entry: Running, over: NonNullable<Running['over']>): void {
  if (entry.over !== undefined) return;
  entry.over = over;
  entry.work.cancel();
}

function isOfCell({ kind }: PlannedStep): boolean {
  return kind === 'fit' || kind === 'score';
}

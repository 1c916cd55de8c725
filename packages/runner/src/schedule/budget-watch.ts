import type { Budget } from '../model/grid.js';
import type { PlannedStep } from '../model/step.js';
import type { Execution } from '../model/work.js';
import { after } from './long-timer.js';
import { isBudgeted } from './step-kinds.js';

/** A step that runs, as far as its budget is concerned. */
export interface Watched {
  readonly step: PlannedStep;
  readonly execution: Execution;
  /** Resident memory of this process when the step began. */
  readonly rssAtStart: number;
  /** Whether no other step has run at any time since it began. */
  alone: boolean;
  /** Why it was told to stop, where that is not because the whole run stops. */
  over?: 'time' | 'memory' | 'retry-alone';
}

/** Holds steps of cells to the budget of a cell. */
export interface BudgetWatch {
  /** Starts the clock of a step, whose cell has used `spent` seconds before; the function that comes back stops the clock. */
  time(step: PlannedStep, spent: number, watched: () => Watched): () => void;
  /**
   * Looks at memory. A step in a process of its own is ended when that grew by more than the budget. The memory of this process
   * is that of all its threads, so a step can only be blamed for it when it ran alone all the time: when steps side by side
   * use more than their budgets together, those of cells are stopped to be tried again alone.
   * @param rssBytes resident memory of this process
   */
  memory(running: readonly Watched[], rssBytes: number): void;
}

export function watchBudget({ cellMs, memoryBytes }: Budget): BudgetWatch {
  return {
    time(step, spent, watched) {
      if (cellMs === undefined || !isBudgeted(step)) return () => undefined;
      return after(cellMs - spent * 1000, () => stop(watched(), 'time'));
    },
    memory(running, rssBytes) {
      if (memoryBytes === undefined) return;
      for (const watched of running)
        if (isBudgeted(watched.step) && (watched.execution.process?.grownBytes ?? 0) > memoryBytes) end(watched);
      const sharing = running.filter(({ execution }) => execution.process === undefined);
      if (sharing.length === 0) return;
      const before = Math.min(...sharing.map(({ rssAtStart }) => rssAtStart));
      if (rssBytes - before <= memoryBytes * sharing.length) return;
      for (const watched of sharing)
        if (isBudgeted(watched.step)) stop(watched, watched.alone ? 'memory' : 'retry-alone');
    },
  };
}

/** There is no time to let the step stop by itself, and what it has done is lost in any case. */
function end(watched: Watched): void {
  if (watched.over !== undefined) return;
  watched.over = 'memory';
  watched.execution.process?.end();
}

function stop(watched: Watched, over: NonNullable<Watched['over']>): void {
  if (watched.over !== undefined) return;
  watched.over = over;
  watched.execution.cancel();
}

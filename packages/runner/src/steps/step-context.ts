import type { CancelSignal } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import type { DataEnvironment } from '@attribution-bench/tasks';
import type { OpenTasks } from './open-tasks.js';

/** What a step works with besides its job. */
export interface StepContext {
  readonly store: Store;
  readonly tasks: OpenTasks;
  readonly environment: Omit<DataEnvironment, 'log'>;
  readonly cancel: CancelSignal;
  /** Everything it needs is at hand: the clock of the cell's budget starts now. */
  begun(): void;
  /** Share of the step done, 0 to 1. */
  progress(done: number): void;
  log(message: string): void;
}

/** What a step tells besides its artifacts. */
export interface StepReport {
  /** Seconds of its own work: without opening tasks and reading what it needs. */
  readonly seconds: number;
  /** Metric steps: the value on the report split. */
  readonly value?: number;
}

/** Starts a stopwatch; the function that comes back reads it. */
export function stopwatch(): () => StepReport {
  const start = performance.now();
  return () => ({ seconds: (performance.now() - start) / 1000 });
}

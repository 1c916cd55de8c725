import type { CancelSignal } from '@attribution-bench/contract';
import type { Store } from '@attribution-bench/store';
import type { DataEnvironment } from '@attribution-bench/tasks';
import { helperSeconds } from '@attribution-bench/tfjs-onnx';
import type { StepReport } from '../model/work.js';
import type { OpenTasks } from './open-tasks.js';
import type { PointMemory } from './point-memory.js';

/** What a step works with besides its job. */
export interface StepContext {
  readonly store: Store;
  readonly tasks: OpenTasks;
  readonly points: PointMemory;
  readonly environment: Omit<DataEnvironment, 'log'>;
  readonly cancel: CancelSignal;
  /** Everything it needs is at hand: the clock of the cell's budget starts now. */
  begun(): void;
  /** Share of the step done, 0 to 1. */
  progress(done: number): void;
  log(message: string): void;
}

/**
 * Starts a stopwatch; the function that comes back reads it. Time for which several threads computed counts once for each, so
 * that a step costs about the same on any number of them.
 */
export function stopwatch(): () => StepReport {
  const start = performance.now();
  const helped = helperSeconds();
  return () => ({ seconds: (performance.now() - start) / 1000 + helperSeconds() - helped });
}

import type { RunEvent } from '@attribution-bench/runner';

/** Shows a run as it goes. */
export interface ProgressReporter {
  onEvent(event: RunEvent): void;
  /** A line for the reader that is not an event of the run. */
  note(line: string): void;
  /** Gives the terminal back. */
  close(): void;
}

export const silentReporter: ProgressReporter = { onEvent() {}, note() {}, close() {} };

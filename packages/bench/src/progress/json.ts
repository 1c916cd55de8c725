import type { ProgressReporter } from './reporter.js';

/** Every event as one line of JSON. */
export function jsonReporter(write: (line: string) => void): ProgressReporter {
  return {
    onEvent: (event) => write(JSON.stringify(event)),
    note: (line) => write(JSON.stringify({ type: 'note', message: line })),
    close() {},
  };
}

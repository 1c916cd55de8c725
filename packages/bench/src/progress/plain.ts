import type { PlannedStep, RunEvent } from '@attribution-bench/runner';
import type { ProgressReporter } from './reporter.js';
import { failureOf, type RunState, trackRun } from './run-state.js';
import { atWork, counted, etaWords, meansWords, rateWords, startLine } from './words.js';

const everyMs = 10_000;

/**
 * For logs: what there is to do, then a line every ten seconds, and one for each failure and warning.
 * @param steps those of the plan that are to be done
 */
export function plainReporter(
  write: (line: string) => void,
  steps: readonly Pick<PlannedStep, 'kind' | 'task' | 'method'>[],
): ProgressReporter {
  const { state, update } = trackRun(steps);
  let lastLineAt = Number.NEGATIVE_INFINITY;
  return {
    onEvent(event) {
      update(event);
      const line = lastingLine(state, event);
      if (line !== undefined) write(line);
      if (event.type === 'run-started') lastLineAt = event.at;
      if (event.type !== 'heartbeat' || event.at - lastLineAt < everyMs) return;
      lastLineAt = event.at;
      write(progressLine(state));
    },
    note: write,
    close() {},
  };
}

function lastingLine({ steps }: RunState, event: RunEvent): string | undefined {
  if (event.type === 'run-started') return startLine(event);
  if (event.type === 'log') return event.level === 'warning' ? `warning: ${event.message}` : undefined;
  const failure = failureOf(event);
  return failure === undefined ? undefined : `${counted(steps)} failed: ${failure}`;
}

function progressLine(state: RunState): string {
  const { steps, cells } = state;
  const ofCells = cells.total === 0 ? '' : `${cells.ended} of ${cells.total} cells`;
  return [counted(steps), ofCells, rateWords(state), etaWords(state), `(${meansWords(state)})`, ` ${atWork(state)}`]
    .filter((part) => part !== '')
    .join('  ');
}

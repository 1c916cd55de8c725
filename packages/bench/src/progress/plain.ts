import { atWork, counted, lineOf, newRunState, outlook, update } from './lines.js';
import type { ProgressReporter } from './reporter.js';

const signOfLifeMs = 10_000;

/** One line for every finished group of trainings and cell, and a sign of life every ten seconds. */
export function plainReporter(write: (line: string) => void): ProgressReporter {
  const state = newRunState();
  let lastLineAt = Number.NEGATIVE_INFINITY;
  return {
    onEvent(event) {
      update(state, event);
      const line = lineOf(state, event);
      if (line !== undefined) write(line);
      if (event.type === 'run-started') lastLineAt = event.at;
      if (event.type !== 'heartbeat' || event.at - lastLineAt < signOfLifeMs) return;
      lastLineAt = event.at;
      write(counted(state, `${outlook(state)}  running: ${atWork(state)}`));
    },
    note: write,
    close() {},
  };
}

import type { PlannedStep } from '@attribution-bench/runner';
import { liveRegion } from './live-region.js';
import { viewLines } from './live-view.js';
import type { ProgressReporter } from './reporter.js';
import { trackRun } from './run-state.js';
import { startLine } from './words.js';

/** Between two drawings, unless something lasting was written. */
const pauseMs = 100;

/**
 * A view on the last lines of a terminal, see {@link viewLines}; what there is to do, warnings and notes scroll by above it.
 * @param steps those of the plan that are to be done
 */
export function liveReporter(
  terminal: NodeJS.WriteStream,
  steps: readonly Pick<PlannedStep, 'kind' | 'task' | 'method'>[],
): ProgressReporter {
  const { state, update } = trackRun(steps);
  const region = liveRegion(terminal);
  let drawnAt = Number.NEGATIVE_INFINITY;
  const draw = (): void => {
    drawnAt = performance.now();
    region.draw(viewLines(state, { columns: terminal.columns || 80, rows: terminal.rows || 24 }));
  };
  terminal.on('resize', draw);
  return {
    onEvent(event) {
      update(event);
      if (event.type === 'run-started') region.write(startLine(event));
      if (event.type === 'log' && event.level === 'warning') region.write(`warning: ${event.message}`);
      if (event.type === 'heartbeat' || performance.now() - drawnAt >= pauseMs) draw();
    },
    note: (line) => region.write(line),
    close() {
      terminal.off('resize', draw);
      region.clear();
    },
  };
}

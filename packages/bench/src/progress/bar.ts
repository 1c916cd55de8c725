import { MultiBar, Presets } from 'cli-progress';
import { atWork, lineOf, newRunState, outlook, update } from './lines.js';
import type { ProgressReporter } from './reporter.js';

const columnsBesidesLabel = 62;

/** A bar on the last line of a terminal, with finished groups and cells scrolling by above it. */
export function barReporter(terminal: NodeJS.WriteStream): ProgressReporter {
  const state = newRunState();
  const bars = new MultiBar(
    {
      format: '{bar} {value}/{total}  {outlook}  {label}',
      stream: terminal,
      barsize: 20,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
      fps: 10,
    },
    Presets.shades_classic,
  );
  const bar = bars.create(1, 0, { outlook: '', label: '' });
  const write = (line: string): void => bars.log(`${line}\n`);
  return {
    onEvent(event) {
      update(state, event);
      const line = lineOf(state, event);
      if (line !== undefined) write(line);
      const room = Math.max(0, (terminal.columns || 80) - columnsBesidesLabel);
      bar.setTotal(Math.max(1, state.total));
      bar.update(state.ended, { outlook: outlook(state), label: atWork(state).slice(0, room) });
    },
    note(line) {
      write(line);
      bars.update();
    },
    close() {
      bars.update();
      bars.stop();
    },
  };
}

import type { RunEvent } from '@attribution-bench/runner';
import { formatBytes, formatDuration } from '../text/format.js';

/** What is known of a run so far, kept up to date from its events. */
export interface RunState {
  jobs: number;
  /** Steps ended in any way, of those this run had to do. */
  ended: number;
  total: number;
  running: readonly string[];
  /** Steps that other processes are at. */
  awaited: number;
  rssBytes: number;
  etaSeconds?: number | undefined;
}

export function newRunState(): RunState {
  return { jobs: 0, ended: 0, total: 0, running: [], awaited: 0, rssBytes: 0 };
}

export function update(state: RunState, event: RunEvent): void {
  switch (event.type) {
    case 'run-started':
      state.jobs = event.jobs;
      state.total = event.steps;
      break;
    case 'step-finished':
      state.ended++;
      break;
    case 'heartbeat':
      state.running = event.running;
      state.awaited = event.awaited;
      state.rssBytes = event.rssBytes;
      state.etaSeconds = event.etaSeconds;
      break;
  }
}

/** `[ 57/192] what  14.1s`. */
export function counted(state: RunState, what: string): string {
  const total = String(state.total);
  return `[${String(state.ended).padStart(total.length)}/${total}] ${what}`;
}

/** `eta 31m 00s  (2 workers, 1.2 GiB)`. */
export function outlook(state: RunState): string {
  const eta = state.etaSeconds === undefined ? '' : `eta ${formatDuration(state.etaSeconds)}  `;
  return `${eta}(${state.jobs} ${state.jobs === 1 ? 'worker' : 'workers'}, ${formatBytes(state.rssBytes)})`;
}

/** What the workers are at, or what they wait for. */
export function atWork(state: RunState): string {
  if (state.running.length > 0) return state.running.join(', ');
  if (state.awaited === 0) return 'nothing';
  return `nothing, ${state.awaited} ${state.awaited === 1 ? 'step is' : 'steps are'} being done by other processes`;
}

/** The lasting line that an event deserves: finished groups of trainings, finished cells, failures, warnings. */
export function lineOf(state: RunState, event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run-started':
      return `${event.grid}: ${event.steps} steps to do, ${event.cached} stored already, ${event.jobs} ${event.jobs === 1 ? 'worker' : 'workers'}`;
    case 'step-finished': {
      if (event.method !== undefined) return undefined;
      const ending = `${event.label}  ${formatDuration(event.seconds)}`;
      if (event.status === 'failed') return counted(state, `FAILED ${ending}  ${event.error?.message ?? ''}`.trimEnd());
      return event.status === 'done' ? counted(state, ending) : undefined;
    }
    case 'cell-finished':
      if (event.status === 'failed')
        return counted(state, `cell ${event.cell}  failed: ${event.reason ?? 'no reason given'}`);
      return counted(state, `cell ${event.cell}  ${formatValues(event.values ?? {})}`.trimEnd());
    case 'log':
      return event.level === 'warning' ? `warning: ${event.message}` : undefined;
    default:
      return undefined;
  }
}

function formatValues(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([metric, value]) => `${metric} ${value.toFixed(3)}`)
    .join('  ');
}

import type { RunEvent } from '@attribution-bench/runner';
import { count, formatBytes, formatDuration } from '../text/format.js';
import type { RunState, Tally } from './run-state.js';

const labelsShown = 3;

/** The first line of a run: how much it has to do. */
export function startLine({ grid, steps, cached, jobs }: Extract<RunEvent, { type: 'run-started' }>): string {
  return `${grid}: ${count(steps, 'step')} to do, ${cached} stored already, ${count(jobs, 'worker')}`;
}

/** `[ 57/192]`. */
export function counted({ ended, total }: Tally): string {
  return `[${String(ended).padStart(String(total).length)}/${total}]`;
}

/** `3.2 steps/s`, or by minute where they are slow; empty until any has ended. */
export function rateWords({ rate }: RunState): string {
  if (rate === undefined) return '';
  return rate >= 1 ? `${rate.toFixed(1)} steps/s` : `${(rate * 60).toFixed(1)} steps/min`;
}

/** `eta 31m 00s`; empty while nothing is known. */
export function etaWords({ etaSeconds }: RunState): string {
  return etaSeconds === undefined ? '' : `eta ${formatDuration(etaSeconds)}`;
}

/** `2 workers, 1.2 GiB`. */
export function meansWords({ jobs, rssBytes }: RunState): string {
  return `${count(jobs, 'worker')}, ${formatBytes(rssBytes)}`;
}

/** What the workers are at, or what they wait for. */
export function atWork({ running, awaited }: RunState): string {
  if (running.length > labelsShown)
    return `${running.slice(0, labelsShown).join(', ')} and ${running.length - labelsShown} more`;
  if (running.length > 0) return running.join(', ');
  if (awaited === 0) return 'nothing';
  return `nothing, ${awaited} ${awaited === 1 ? 'step is' : 'steps are'} being done by other processes`;
}

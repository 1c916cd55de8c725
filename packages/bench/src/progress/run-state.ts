import { singleLine } from '@attribution-bench/leaderboard/display-text';
import type { PlannedStep, RunEvent } from '@attribution-bench/runner';
import { type Phase, phaseOf, phases } from './phases.js';

/** How many of a kind have ended, of how many. */
export interface Tally {
  ended: number;
  total: number;
}

/** What is known of a run so far, kept up to date from its events. */
export interface RunState {
  grid: string;
  jobs: number;
  /** Steps ended in any way, of those this run had to do. */
  readonly steps: Tally;
  readonly cells: Tally;
  /** Steps that this run has to do, by task and phase. */
  readonly tasks: ReadonlyMap<string, Readonly<Record<Phase, Tally>>>;
  running: readonly string[];
  /** Steps that other processes are at. */
  awaited: number;
  rssBytes: number;
  etaSeconds?: number | undefined;
  /** Steps ended per second over the last minute; undefined until any has. */
  rate?: number | undefined;
  readonly failures: { count: number; last: readonly string[] };
}

/** Keeps the state of a run. */
export interface RunTracker {
  readonly state: RunState;
  update(event: RunEvent): void;
}

const rateOverMs = 60_000;
const failuresKept = 3;

/** @param steps those of the plan that are to be done */
export function trackRun(steps: readonly Pick<PlannedStep, 'kind' | 'task' | 'method'>[]): RunTracker {
  const tasks = new Map<string, Record<Phase, Tally>>();
  for (const step of steps) {
    const own = tasks.get(step.task) ?? noTallies();
    own[phaseOf(step)].total++;
    tasks.set(step.task, own);
  }
  const state: RunState = {
    grid: '',
    jobs: 0,
    steps: { ended: 0, total: 0 },
    cells: { ended: 0, total: 0 },
    tasks,
    running: [],
    awaited: 0,
    rssBytes: 0,
    failures: { count: 0, last: [] },
  };
  const beats: { readonly at: number; readonly ended: number }[] = [];

  function beat(at: number): void {
    beats.push({ at, ended: state.steps.ended });
    while (at - beats[0].at > rateOverMs) beats.shift();
    const seconds = (at - beats[0].at) / 1000;
    const ended = state.steps.ended - beats[0].ended;
    state.rate = ended === 0 ? undefined : ended / seconds;
  }

  return {
    state,
    update(event) {
      const failure = failureOf(event);
      if (failure !== undefined) {
        state.failures.count++;
        state.failures.last = [...state.failures.last, failure].slice(-failuresKept);
      }
      switch (event.type) {
        case 'run-started':
          state.grid = event.grid;
          state.jobs = event.jobs;
          state.steps.total = event.steps;
          state.cells.total = event.cells;
          beat(event.at);
          break;
        case 'step-finished': {
          state.steps.ended++;
          const tally = tasks.get(event.task)?.[phaseOf(event)];
          if (tally !== undefined) tally.ended++;
          break;
        }
        case 'cell-finished':
          state.cells.ended++;
          break;
        case 'heartbeat':
          state.running = event.running;
          state.awaited = event.awaited;
          state.rssBytes = event.rssBytes;
          state.etaSeconds = event.etaSeconds;
          beat(event.at);
          break;
      }
    },
  };
}

/** What failed and why: a step of a whole task, or a cell; a failed step of a cell is told with its cell. */
export function failureOf(event: RunEvent): string | undefined {
  if (event.type === 'step-finished' && event.status === 'failed' && event.method === undefined)
    return singleLine(`${event.label}: ${event.error?.message ?? 'no reason given'}`);
  if (event.type === 'cell-finished' && event.status === 'failed')
    return singleLine(`${event.cell}: ${event.reason ?? 'no reason given'}`);
  return undefined;
}

function noTallies(): Record<Phase, Tally> {
  return Object.fromEntries(phases.map((phase) => [phase, { ended: 0, total: 0 }])) as Record<Phase, Tally>;
}

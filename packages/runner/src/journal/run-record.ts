import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileSystemTime, readRegularFile } from '@attribution-bench/store';
import { parseEvents } from './event-file.js';
import type { RunEvent, RunOutcome } from './events.js';

/** What the event file of a run says about it. */
export interface RunStatus {
  readonly run: string;
  readonly grid: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: number;
  /** `interrupted`: it neither goes on nor said how it ended; its results are kept. */
  readonly state: 'running' | 'finished' | 'interrupted';
  readonly done: number;
  /** Done by other processes that work on the same results, as far as this one came across them. */
  readonly elsewhere: number;
  readonly failed: number;
  readonly total: number;
  /** Labels of the steps that it is at, or was at when it ended without a word. */
  readonly running: readonly string[];
  readonly rssBytes?: number;
  readonly etaSeconds?: number;
  readonly lastEventAt: number;
  readonly outcome?: RunOutcome;
}

/** Names of the runs in a results folder, newest first. */
export async function runNames(resultsFolder: string): Promise<string[]> {
  const names = await readdir(join(resultsFolder, 'runs')).catch(() => []);
  return names.filter((name) => /^\d{4}-\d\d-\d\dT/.test(name)).sort((a, b) => (a < b ? 1 : -1));
}

/**
 * State of a run, whichever process of whichever machine writes its events; undefined when it wrote none.
 * @param now from {@link timeOfRuns}
 */
export async function readRun(resultsFolder: string, name: string, now: number): Promise<RunStatus | undefined> {
  const file = join(resultsFolder, 'runs', name, 'events.ndjson');
  return statusOf(name, await readEvents(file), await silenceOf(file, now));
}

/**
 * The newest run of a grid besides `own`, if it ended without a word (its process crashed or was killed) in the middle of
 * steps, which may have caused that.
 */
export async function brokenOffRun(
  resultsFolder: string,
  { grid, own }: { readonly grid: string; readonly own: string },
): Promise<RunStatus | undefined> {
  const now = timeOfRuns(resultsFolder);
  for (const name of await runNames(resultsFolder)) {
    const run = name === own ? undefined : await readRun(resultsFolder, name, now);
    if (run === undefined || run.grid !== grid || run.state === 'running') continue;
    return run.state === 'interrupted' && run.running.length > 0 ? run : undefined;
  }
  return undefined;
}

/** Milliseconds since 1970 by the clock of the file system, or by that of this machine where nothing can be written. */
export function timeOfRuns(resultsFolder: string): number {
  try {
    return fileSystemTime(join(resultsFolder, 'runs'));
  } catch {
    return Date.now();
  }
}

async function readEvents(file: string): Promise<RunEvent[]> {
  return parseEvents((await readRegularFile(file).catch(() => '')).toString());
}

/** For how long nothing has been written to a file, in ms. */
function silenceOf(file: string, now: number): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => now - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
}

/**
 * After this long without a sign of life a run of another machine counts as interrupted. Network file systems may show
 * half a minute late what was written.
 */
const silenceMs = 60_000;

function statusOf(run: string, events: readonly RunEvent[], silentMs: number): RunStatus | undefined {
  const [started] = events;
  if (started?.type !== 'run-started' || started.run !== run) return undefined;
  const running = new Map<string, string>();
  const ended = { done: 0, elsewhere: 0, failed: 0, cancelled: 0, blocked: 0 };
  let beat: Extract<RunEvent, { type: 'heartbeat' }> | undefined;
  let outcome: RunOutcome | undefined;
  for (const event of events) {
    if (event.type === 'step-started') running.set(event.step, event.label);
    else if (event.type === 'step-finished') {
      running.delete(event.step);
      ended[event.status]++;
    } else if (event.type === 'heartbeat') beat = event;
    else if (event.type === 'run-finished') outcome = event.outcome;
  }
  const { grid, host, pid, at: startedAt, steps: total } = started;
  const alive = host === hostname() ? isAlive(pid) : silentMs < silenceMs;
  const { done, elsewhere, failed } = ended;
  const about = { run, grid, host, pid, startedAt, done, elsewhere, failed, total };
  const lastEventAt = events[events.length - 1].at;
  const memory = beat && { rssBytes: beat.rssBytes };
  if (outcome !== undefined) return { ...about, state: 'finished', running: [], ...memory, lastEventAt, outcome };
  const left = beat?.etaSeconds !== undefined && { etaSeconds: beat.etaSeconds };
  const state = alive ? 'running' : 'interrupted';
  return { ...about, state, running: [...running.values()], ...memory, ...left, lastEventAt };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

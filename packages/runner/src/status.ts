import { access, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileSystemTime, readRegularFile } from '@attribution-bench/store';
import type { RunEvent, RunOutcome } from './run/events.js';
import { runNames } from './run/latest-outcome.js';

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
  readonly running: readonly string[];
  readonly rssBytes?: number;
  readonly etaSeconds?: number;
  readonly lastEventAt: number;
  readonly outcome?: RunOutcome;
}

/**
 * State of the newest runs and of all that still run, newest first, from their event files: whichever process of whichever
 * machine writes them.
 */
export async function readStatus(
  resultsFolder: string,
  options: { readonly limit?: number } = {},
): Promise<RunStatus[]> {
  const names = await runNames(resultsFolder);
  const now = names.length === 0 ? 0 : timeIn(join(resultsFolder, 'runs'));
  const runs = await Promise.all(
    names.map(async (name, index) => {
      const newest = index < (options.limit ?? 5);
      if (!newest && (await hasEnded(join(resultsFolder, 'runs', name)))) return undefined;
      const run = await readRun(resultsFolder, name, now);
      return newest || run?.state === 'running' ? run : undefined;
    }),
  );
  return runs.flatMap((run) => run ?? []);
}

/**
 * The newest run of a grid besides `own`, if it ended without a word (its process crashed or was killed) in the middle of
 * steps: what may have been the end of it.
 */
export async function brokenOffRun(
  resultsFolder: string,
  { grid, own }: { readonly grid: string; readonly own: string },
): Promise<RunStatus | undefined> {
  const now = timeIn(join(resultsFolder, 'runs'));
  for (const name of await runNames(resultsFolder)) {
    const run = name === own ? undefined : await readRun(resultsFolder, name, now);
    if (run === undefined || run.grid !== grid || run.state === 'running') continue;
    return run.state === 'interrupted' && run.running.length > 0 ? run : undefined;
  }
  return undefined;
}

async function readRun(resultsFolder: string, name: string, now: number): Promise<RunStatus | undefined> {
  const file = join(resultsFolder, 'runs', name, 'events.ndjson');
  return statusOf(name, await readEvents(file), await silenceOf(file, now));
}

function hasEnded(folder: string): Promise<boolean> {
  return access(join(folder, 'outcome.json')).then(
    () => true,
    () => false,
  );
}

async function readEvents(file: string): Promise<RunEvent[]> {
  const text = await readRegularFile(file).catch(() => '');
  return text
    .toString()
    .split('\n')
    .flatMap((line): RunEvent[] => {
      try {
        const event: RunEvent | null = line === '' ? null : JSON.parse(line);
        return event === null ? [] : [event];
      } catch {
        return [];
      }
    });
}

/** By the clock of the file system, as the times of files are; by that of this machine where nothing can be written. */
function timeIn(folder: string): number {
  try {
    return fileSystemTime(folder);
  } catch {
    return Date.now();
  }
}

/** Since when nothing was written to a file, in ms. */
function silenceOf(file: string, now: number): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => now - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
}

/**
 * Without a sign of life for this long a run of another machine counts as interrupted. Network file systems show what was
 * written half a minute late.
 */
const silenceMs = 60_000;

function statusOf(run: string, events: readonly RunEvent[], silentMs: number): RunStatus | undefined {
  const [started] = events;
  if (started?.type !== 'run-started' || started.run !== run) return undefined;
  const running = new Map<string, string>();
  let done = 0;
  let elsewhere = 0;
  let failed = 0;
  let beat: Extract<RunEvent, { type: 'heartbeat' }> | undefined;
  let outcome: RunOutcome | undefined;
  for (const event of events) {
    if (event.type === 'step-started') running.set(event.step, event.label);
    else if (event.type === 'step-finished') {
      running.delete(event.step);
      if (event.status === 'done') done++;
      if (event.status === 'elsewhere') elsewhere++;
      if (event.status === 'failed') failed++;
    } else if (event.type === 'heartbeat') beat = event;
    else if (event.type === 'run-finished') outcome = event.outcome;
  }
  const lastEventAt = events[events.length - 1].at;
  const alive = started.host === hostname() ? isAlive(started.pid) : silentMs < silenceMs;
  return {
    run,
    grid: started.grid,
    host: started.host,
    pid: started.pid,
    startedAt: started.at,
    state: outcome !== undefined ? 'finished' : alive ? 'running' : 'interrupted',
    done,
    elsewhere,
    failed,
    total: started.steps,
    running: outcome === undefined ? [...running.values()] : [],
    ...(beat === undefined ? {} : { rssBytes: beat.rssBytes }),
    ...(beat?.etaSeconds === undefined || outcome !== undefined ? {} : { etaSeconds: beat.etaSeconds }),
    lastEventAt,
    ...(outcome === undefined ? {} : { outcome }),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

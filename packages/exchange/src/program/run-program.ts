import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BenchError, Cancelled, type CancelSignal } from '@attribution-bench/contract';
import { withoutCredentials } from '@attribution-bench/store/s3-url';
import { type Family, familyOf, familyVariable } from './family.js';
import { folderSize } from './folder-size.js';
import type { GuardOrder, GuardReport } from './guard.js';
import { keepPrinted, type Printed } from './printed.js';

export interface ProgramRequest {
  /** Program and arguments, as the system is given them: no shell. */
  readonly argv: readonly string[];
  /** Folder that it works in and may write to. */
  readonly cwd: string;
  /** File that what it prints is kept in. */
  readonly log: string;
  /** Most bytes of memory, of all its processes together. */
  readonly memoryBytes?: number;
  /** Most bytes in its folder. */
  readonly folderBytes: number;
  readonly cancel: CancelSignal;
  /** Share done, 0 to 1, where it prints lines `progress <share>`. */
  progress(done: number): void;
}

/** What a program that came to its end took. */
export interface ProgramReport {
  /** From its start to its end. */
  readonly seconds: number;
  /** The most that all its processes had together when they were looked at; 0 where that was never seen. */
  readonly peakRssBytes: number;
  /** The end of what it printed, in one line. */
  readonly printed: string;
}

/** Looks come often at first, so that the memory of a short program is seen. */
const soonestLookMs = 10;
const lookMs = 100;
const folderLookMs = 500;
const printedBytes = 64 * 2 ** 20;
/** How long processes that the program started may take to end after it, and the last output to come. */
const drainMs = 1000;

/**
 * Runs a program to its end and holds it to its limits. Whatever happens, nothing that it started goes on.
 * @throws BenchError COMMAND_NOT_STARTED, COMMAND_FAILED, COMMAND_OUTPUT, COMMAND_LEFT_PROCESSES, BUDGET_MEMORY; Cancelled
 */
export async function runProgram(request: ProgramRequest): Promise<ProgramReport> {
  const { argv, cwd, log, cancel, progress } = request;
  cancel.throwIfAborted();
  const mark = randomBytes(16).toString('hex');
  const guard = fork(guardFile(), [], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...withoutCredentials(process.env), [familyVariable]: mark },
  });
  const report = reportOf(guard);
  if (guard.pid === undefined) throw notStarted(argv, await report);
  const family = familyOf(guard.pid, mark, realpathSync(cwd));
  const printed = keepPrinted([guard.stdout as Readable, guard.stderr as Readable], log, progress);
  const watch = watchLimits(request, family, printed);
  try {
    guard.send({ argv, cwd } satisfies GuardOrder);
    const ending = await Promise.race([report, watch.broken]);
    if (ending instanceof Error) throw withPrinted(ending, printed);
    if (!ending.ended) throw notStarted(argv, ending);
    await drained(family, guard);
    if (ending.code !== 0) throw failed(ending, printed, log);
    const left = family.members();
    if (left.length > 0)
      throw new BenchError({
        code: 'COMMAND_LEFT_PROCESSES',
        message: `left ${left.length === 1 ? 'a process' : `${left.length} processes`} behind that went on: ${left.map(({ name }) => name).join(', ')}`,
        next: 'wait for what the program starts before it ends',
      });
    return { seconds: ending.seconds, peakRssBytes: watch.peakRssBytes(), printed: printed.end() };
  } finally {
    watch.stop();
    family.end();
    await closed(guard);
    await printed.close();
  }
}

function guardFile(): string {
  const source = import.meta.url;
  return fileURLToPath(new URL(source.endsWith('.ts') ? '../../dist/program/guard.js' : './guard.js', source));
}

/** How the program ended. A guard that ends without a word was killed, by the program or the system. */
function reportOf(guard: ChildProcess): Promise<GuardReport> {
  return new Promise((resolve) => {
    guard.once('message', (report: GuardReport) => resolve(report));
    guard.once('error', ({ message }) => resolve({ ended: false, reason: message }));
    guard.once('exit', (code, signal) =>
      resolve({ ended: true, code: signal === null ? (code ?? 1) : null, signal, seconds: 0 }),
    );
  });
}

interface Watch {
  /** What the program is to be ended for. */
  readonly broken: Promise<Error>;
  peakRssBytes(): number;
  stop(): void;
}

/** Looks again and again at whether the program keeps to its limits and whether it is still wanted. */
function watchLimits(
  { cancel, memoryBytes = Number.POSITIVE_INFINITY, folderBytes, cwd }: ProgramRequest,
  family: Family,
  printed: Printed,
): Watch {
  let peak = 0;
  const timers: { look?: NodeJS.Timeout; lookAtFolder?: NodeJS.Timeout } = {};
  const broken = new Promise<Error>((resolve) => {
    const start = performance.now();
    const look = (): void => {
      const elapsedMs = performance.now() - start;
      timers.look = setTimeout(look, Math.min(lookMs, Math.max(soonestLookMs, elapsedMs / 10)));
      const bytes = family.members().reduce((sum, { rssBytes }) => sum + rssBytes, 0);
      peak = Math.max(peak, bytes);
      if (cancel.aborted) resolve(new Cancelled());
      else if (bytes > memoryBytes) resolve(overMemory(bytes, memoryBytes));
      else if (printed.bytes > printedBytes)
        resolve(overOutput(`printed more than ${megabytes(printedBytes)}`, 'print less, and write scores into a file'));
    };
    let looking = false;
    const lookAtFolder = async (): Promise<void> => {
      if (looking) return;
      looking = true;
      const bytes = await folderSize(cwd, folderBytes);
      looking = false;
      if (bytes > folderBytes)
        resolve(
          overOutput(
            `wrote more than ${megabytes(folderBytes)} into its folder`,
            'write the scores and little else: they are 32-bit or 64-bit numbers',
          ),
        );
    };
    look();
    timers.lookAtFolder = setInterval(() => void lookAtFolder(), folderLookMs);
  });
  return {
    broken,
    peakRssBytes: () => peak,
    stop() {
      clearTimeout(timers.look);
      clearInterval(timers.lookAtFolder);
    },
  };
}

/** Waits for the processes that end right after the program. */
async function drained(family: Family, guard: ChildProcess): Promise<void> {
  const until = performance.now() + drainMs;
  while (performance.now() < until && guard.exitCode === null && family.members().length > 0)
    await new Promise((resolve) => setTimeout(resolve, lookMs / 4));
}

/** Waits for the last output, though not for processes that hold it open and could not be ended. */
async function closed(guard: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (guard.stdout?.destroyed === true && guard.stderr?.destroyed === true) done();
    else guard.once('close', done);
  });
  guard.stdout?.destroy();
  guard.stderr?.destroy();
  if (guard.connected) guard.disconnect();
}

function notStarted(argv: readonly string[], report: GuardReport): BenchError {
  return new BenchError({
    code: 'COMMAND_NOT_STARTED',
    message: `the program ${JSON.stringify(argv[0])} cannot be started: ${report.ended ? 'its process was ended' : report.reason}`,
    next: 'name a program that is installed, or the path of one that may be run',
  });
}

function failed(
  { code, signal }: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
  printed: Printed,
  log: string,
): BenchError {
  const how = signal === null ? `ended with exit code ${code}` : `was killed (${signal})`;
  const last = printed.end();
  return new BenchError({
    code: 'COMMAND_FAILED',
    message: `the program ${how}${last === '' ? ' and printed nothing' : `: ${last}`}`,
    // Seen from the results: reasons stand on boards, which are the same wherever results lie.
    next: `see all that it printed in ${basename(dirname(log))}/${basename(log)}`,
  });
}

/** What a program was ended for, with the end of what it had printed. */
function withPrinted(error: Error, printed: Printed): Error {
  const last = printed.end();
  if (!(error instanceof BenchError) || last === '') return error;
  const { code, message, next } = error;
  return new BenchError({ code, message: `${message}; it printed: ${last}`, ...(next && { next }) });
}

function overMemory(bytes: number, limit: number): BenchError {
  return new BenchError({
    code: 'BUDGET_MEMORY',
    message: `the program took ${megabytes(bytes)} of memory, more than budget.memory (${megabytes(limit)})`,
    next: 'raise the budget or use smaller blocks',
  });
}

function overOutput(message: string, next: string): BenchError {
  return new BenchError({ code: 'COMMAND_OUTPUT', message: `the program ${message}`, next });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BenchError, fromPlainError } from '@attribution-bench/contract';
import type { WorkMessage } from '../executors/work.js';
import { controlDescriptor } from './control.js';
import { entryFile } from './entry-file.js';
import type { Asked, Question, Told } from './messages.js';

/** A process of its own for user code: whatever that does, it can be ended. One question at a time. */
export interface UserProcess {
  readonly alive: boolean;
  /** Resident memory as last reported, 0 before. */
  readonly rssBytes: number;
  /**
   * @param options.limitMs the process is ended when there is no answer by then
   * @throws BenchError with the code of the failure in the process, or USER_CODE_ENDED, USER_CODE_CRASHED, USER_CODE_MEMORY,
   * USER_CODE_SILENT where the process did not live to answer
   */
  ask(question: Question, options?: AskOptions): Promise<unknown>;
  /** Tells what is being asked to stop at its next opportunity. */
  stop(): void;
  /** Ends the process at once, and all that it started. */
  end(): void;
}

interface AskOptions {
  readonly limitMs?: number;
  onMessage?(message: WorkMessage): void;
}

/** How much of what user code prints is kept of one question; a loop that prints must not fill the disk. */
const linesKept = 200;
const charactersKept = 500;
/** How long a process that closed its channel may take to end, and how long the last output of one that ended is waited for. */
const drainMs = 500;

interface Pending {
  readonly number: number;
  readonly onMessage: (message: WorkMessage) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: BenchError) => void;
  lines: number;
}

/** @param heapBytes most that its JavaScript objects may take; default what Node.js takes for this machine */
export function startUserProcess(heapBytes?: number): UserProcess {
  const child = fork(entryFile('user-process'), [], {
    serialization: 'advanced',
    // Leader of a group of its own: signals of the terminal do not reach it, and what it starts ends with it.
    detached: true,
    execArgv: heapBytes === undefined ? [] : [`--max-old-space-size=${Math.max(64, Math.ceil(heapBytes / 2 ** 20))}`],
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
  });
  const control = child.stdio[controlDescriptor] as Socket;
  let rssBytes = 0;
  let asked = 0;
  let pending: Pending | undefined;
  let gone: BenchError | undefined;
  const lastLines: string[] = [];

  control.on('error', () => undefined);
  createInterface(control).on('line', (line) => {
    rssBytes = Number(line);
  });
  for (const output of [child.stdout, child.stderr])
    createInterface(output as Readable).on('line', (line) => {
      lastLines.splice(0, lastLines.length - 20);
      lastLines.push(line);
      if (pending === undefined || ++pending.lines > linesKept) return;
      const cut = line.length > charactersKept ? `${line.slice(0, charactersKept)} ...` : line;
      const message = pending.lines < linesKept ? cut : 'prints more, which is not kept';
      pending.onMessage({ type: 'log', level: 'info', message });
    });
  child.on('message', (told: Told) => {
    if (pending === undefined || told?.number !== pending.number) return;
    if (told.type === 'message') pending.onMessage(told.message);
    else if (told.type === 'answer') settled()?.resolve(told.answer);
    else if (told.type === 'failure') settled()?.reject(fromPlainError(told.error));
  });
  child.on('error', (error) => fail(notStarted(error)));
  // One that ends disconnects too, and how it ended is worth knowing.
  child.on('disconnect', () => setTimeout(() => endGroup(child), drainMs).unref());
  child.on('exit', (code, signal) => {
    endGroup(child);
    const drained = setTimeout(over, drainMs);
    child.once('close', over);
    function over(): void {
      clearTimeout(drained);
      fail(endedError(code, signal, lastLines));
    }
  });
  hold(false);

  function settled(): Pending | undefined {
    const was = pending;
    pending = undefined;
    hold(false);
    return was;
  }

  function fail(error: BenchError): void {
    gone ??= error;
    settled()?.reject(gone);
  }

  /** Whether the process keeps this one from ending. */
  function hold(held: boolean): void {
    for (const handle of [child, child.channel, child.stdout as Socket | null, child.stderr as Socket | null, control])
      held ? handle?.ref() : handle?.unref();
  }

  return {
    get alive() {
      return gone === undefined && child.connected;
    },
    get rssBytes() {
      return rssBytes;
    },
    ask(question, { limitMs, onMessage = () => undefined } = {}) {
      const number = ++asked;
      const answer = new Promise<unknown>((resolve, reject) => {
        if (gone !== undefined) return reject(gone);
        pending = { number, onMessage, resolve, reject, lines: 0 };
        hold(true);
        const sent: Asked = { number, question };
        // Where it cannot be sent the process is ending, which rejects.
        child.send(sent, () => undefined);
      });
      if (limitMs === undefined) return answer;
      const timer = setTimeout(() => {
        fail(silentError(limitMs));
        endGroup(child);
      }, limitMs);
      return answer.finally(() => clearTimeout(timer));
    },
    stop: () => void control.write(`${asked}\n`),
    end: () => endGroup(child),
  };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function endedError(code: number | null, signal: NodeJS.Signals | null, lastLines: readonly string[]): BenchError {
  if (lastLines.some((line) => /heap out of memory|Reached heap limit/.test(line)))
    return new BenchError({
      code: 'USER_CODE_MEMORY',
      message: 'used up the memory for the objects of its process',
      next: 'raise budget.memory or use smaller blocks',
    });
  if (signal === null)
    return new BenchError({
      code: 'USER_CODE_ENDED',
      message: `ended its process with exit code ${code}`,
      next: 'return or throw, do not call process.exit',
    });
  return new BenchError({
    code: 'USER_CODE_CRASHED',
    message: signal === 'SIGKILL' ? 'was killed (SIGKILL)' : `crashed (${signal})`,
    next: signal === 'SIGKILL' ? 'perhaps the machine had no memory left' : 'look at the native code that it uses',
  });
}

/** Of user code that was ended since it did not answer. */
export function silentError(limitMs: number): BenchError {
  return new BenchError({
    code: 'USER_CODE_SILENT',
    message: `gave no answer in ${limitMs / 1000} s and was ended`,
    next: 'look for a loop or a promise that never settles',
  });
}

function notStarted(cause: Error): BenchError {
  return new BenchError({
    code: 'USER_CODE_PROCESS',
    message: `no process can be started for it: ${cause.message}`,
    next: 'see what limits this machine sets to processes and open files',
    cause,
  });
}

import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { isUrl, withoutCredentials } from '@attribution-bench/store/s3-url';
import type { WorkMessage } from '../model/work.js';
import { controlDescriptor } from './control.js';
import { openDialogue } from './dialogue.js';
import { entryFile } from './entry-file.js';
import type { Asked, Question } from './messages.js';
import { endedError, notStartedError, silentError } from './process-failures.js';

/** A process of its own for user code: whatever that does, it can be ended. One question at a time. */
export interface UserProcess {
  readonly alive: boolean;
  /** Resident memory as last reported, 0 before. */
  readonly rssBytes: number;
  /**
   * @param options.limitMs the process is ended when there is no answer by then; counted from when it listens, since a busy
   * machine takes long to start it
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

/** How long a process that closed its channel may take to end, and how long the last output of one that ended is waited for. */
const drainMs = 500;
const lastLinesKept = 20;

export interface UserProcessOptions {
  /** Most that its JavaScript objects may take; default what Node.js takes for this machine. */
  readonly heapBytes?: number | undefined;
  /** What opens the store that it reads and writes, if any: only where that is a URL has it the credentials of this process. */
  readonly storeLocation?: string;
}

export function startUserProcess(options: UserProcessOptions = {}): UserProcess {
  const child = forkChild(options);
  const control = child.stdio[controlDescriptor] as Socket;
  let rssBytes = 0;
  const dialogue = openDialogue((open) => hold(child, control, open));

  control.on('error', () => undefined);
  createInterface(control).on('line', (line) => {
    rssBytes = Number(line);
  });
  child.on('message', dialogue.hear);
  child.on('error', (error) => dialogue.end(notStartedError(error)));
  const lastLines = relayLines(child, dialogue.hearLine);
  onEnd(child, (code, signal) => dialogue.end(endedError(code, signal, lastLines)));
  hold(child, control, false);

  const put = (question: Question, onMessage: (message: WorkMessage) => void): Promise<unknown> =>
    dialogue.ask(onMessage, (number) => {
      const asked: Asked = { number, question };
      // Where it cannot be sent the process is ending, which ends the dialogue.
      child.send(asked, () => undefined);
    });
  let started: Promise<unknown> | undefined;

  return {
    get alive() {
      return dialogue.ended === undefined && child.connected;
    },
    get rssBytes() {
      return rssBytes;
    },
    async ask(question, { limitMs, onMessage = () => undefined } = {}) {
      if (limitMs === undefined) return put(question, onMessage);
      started ??= put({ ask: 'start' }, () => undefined);
      await started;
      const answer = put(question, onMessage);
      const timer = setTimeout(() => {
        dialogue.end(silentError(limitMs));
        endGroup(child);
      }, limitMs);
      return answer.finally(() => clearTimeout(timer));
    },
    stop: () => void control.write(`${dialogue.newest}\n`),
    end: () => endGroup(child),
  };
}

function forkChild({ heapBytes, storeLocation = '' }: UserProcessOptions): ChildProcess {
  return fork(entryFile('user-process'), [], {
    serialization: 'advanced',
    env: isUrl(storeLocation) ? process.env : withoutCredentials(process.env),
    // Leader of a group of its own: signals of the terminal do not reach it, and what it starts ends with it.
    detached: true,
    execArgv: heapBytes === undefined ? [] : [`--max-old-space-size=${Math.max(64, Math.ceil(heapBytes / 2 ** 20))}`],
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
  });
}

/** Tells each line that a process prints; returns the last ones, kept up to date. */
function relayLines({ stdout, stderr }: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const lastLines: string[] = [];
  for (const output of [stdout, stderr])
    createInterface(output as Readable).on('line', (line) => {
      lastLines.splice(0, lastLines.length - lastLinesKept);
      lastLines.push(line);
      onLine(line);
    });
  return lastLines;
}

/** Ends what a process leaves behind when it ends, and tells how it did once its last output was read. */
function onEnd(child: ChildProcess, tell: (code: number | null, signal: NodeJS.Signals | null) => void): void {
  // One that ends disconnects too, and how it ended is worth knowing.
  child.on('disconnect', () => setTimeout(() => endGroup(child), drainMs).unref());
  child.on('exit', (code, signal) => {
    endGroup(child);
    const drained = setTimeout(over, drainMs);
    child.once('close', over);
    function over(): void {
      clearTimeout(drained);
      tell(code, signal);
    }
  });
}

/** Sets whether a child process keeps this one from ending. */
function hold(child: ChildProcess, control: Socket, held: boolean): void {
  for (const handle of [child, child.channel, child.stdout as Socket | null, child.stderr as Socket | null, control])
    held ? handle?.ref() : handle?.unref();
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

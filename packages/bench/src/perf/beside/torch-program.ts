import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BenchError } from '@attribution-bench/contract';

/** What the program in Python says first. */
export interface TorchGreeting {
  readonly versions: Readonly<Record<string, string>>;
  readonly parameters: number;
  /** Ways to train by name, and how many models each trains at once. */
  readonly ways: Readonly<Record<string, number>>;
}

/** PyTorch, training the twin of one exported task. */
export interface TorchProgram {
  readonly greeting: TorchGreeting;
  /** Processor seconds of one run. */
  measure(way: string, enoughSeconds: number): Promise<number>;
  end(): Promise<void>;
}

export interface TorchTask {
  /** Program that runs Python. */
  readonly python: string;
  /** Folder of the exported task. */
  readonly task: string;
  /** Folder that what the twin computes is written to. */
  readonly write: string;
  /** Time steps at which the loss of a generator is written; of others none. */
  readonly timesteps: readonly number[];
  /** How many models are also trained at once; 0: none. */
  readonly stacked: number;
}

const needed = ['numpy', 'torch', 'attribution_bench'];
const printedCharacters = 4096;

/**
 * Makes sure that Python has what the comparison needs.
 * @throws BenchError TORCH_MISSING
 */
export async function checkTorch(python: string): Promise<void> {
  const child = startPython(python, ['-c', `import ${needed.join(', ')}`]);
  const { code, printed } = await endOf(child);
  if (code === 0) return;
  const missing = needed.find((name) => printed.includes(`No module named '${name}'`));
  throw new BenchError({
    code: 'TORCH_MISSING',
    place: `--python ${python}`,
    message: missing === undefined ? `is no Python that can compare: ${lastLine(printed, code)}` : `has no ${missing}`,
    next:
      missing === 'attribution_bench'
        ? 'install the Python client: pip install ./packages/python-client of a clone'
        : "install PyTorch (pip install torch numpy, or Debian's python3-torch), or name an interpreter that has it with --python",
  });
}

/**
 * Starts Python on an exported task.
 * @throws BenchError PERF_FAILED when it ends before it is told to
 */
export async function startTorch({ python, task, write, timesteps, stacked }: TorchTask): Promise<TorchProgram> {
  const child = startPython(python, [
    ...['-m', 'attribution_bench.training', task],
    ...['--write', write, '--stacked', String(stacked), '--timesteps', ...timesteps.map(String)],
  ]);
  const ended = endOf(child);
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const { done, value } = await lines.next();
    if (done !== true) return JSON.parse(value) as T;
    const { code, printed } = await ended;
    const message = `PyTorch ended before it had a result: ${lastLine(printed, code)}`;
    throw new BenchError({ code: 'PERF_FAILED', place: 'perf --beside torch', message });
  };
  return {
    greeting: await next<TorchGreeting>(),
    async measure(way, enoughSeconds) {
      (child.stdin as Writable).write(`${JSON.stringify({ way, seconds: enoughSeconds })}\n`);
      return (await next<{ seconds: number }>()).seconds;
    },
    async end() {
      child.stdin?.end();
      await ended;
    },
  };
}

/** On one thread, with the Python client of this checkout where there is one. */
function startPython(python: string, args: readonly string[]): ChildProcess {
  const client = fileURLToPath(new URL('../../../../python-client/src', import.meta.url));
  const paths = [...(existsSync(client) ? [client] : []), process.env.PYTHONPATH ?? ''].filter((path) => path !== '');
  return spawn(python, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONPATH: paths.join(delimiter), OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
  });
}

interface Ending {
  readonly code: number | NodeJS.Signals | null;
  /** The end of what it printed on standard error, or why it did not start. */
  readonly printed: string;
}

function endOf(child: ChildProcess): Promise<Ending> {
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    printed = (printed + chunk).slice(-printedCharacters);
  });
  // What is written to a program that has ended is reported by its end.
  child.stdin?.on('error', () => undefined);
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: null, printed: message }));
    child.once('close', (code, signal) => resolve({ code: signal ?? code, printed }));
  });
}

function lastLine(printed: string, code: Ending['code']): string {
  return printed.trim().split('\n').at(-1) || `exit code ${code}`;
}

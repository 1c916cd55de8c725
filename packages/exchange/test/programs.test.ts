import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CancelSignal } from '@attribution-bench/contract';
import { describe, expect, test, vi } from 'vitest';
import { type ProgramScoring, scoreByProgram } from '../src/index.js';
import { points, temporaryFolder, uncancelled } from './support/points.js';

const hostile = fileURLToPath(new URL('programs/hostile.mjs', import.meta.url));

function scoring(way: string, more: Partial<ProgramScoring> = {}): ProgramScoring {
  return {
    argv: [process.execPath, hostile, way],
    taskFolder: '/tmp/task',
    task: points,
    folder: join(temporaryFolder(), 'cell'),
    params: { width: 3 },
    seed: 0,
    random: [1, 2, 3, 4],
    checkpoints: 1,
    trajectory: 0,
    limits: { memoryBytes: 300 * 2 ** 20 },
    about: {},
    cancel: uncancelled,
    progress() {},
    ...more,
  };
}

/** Processes of this machine that name the hostile program or its folder. */
function survivors(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return (
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`PWD_OF_TEST=${folder}`) ||
        readlinkSync(`/proc/${pid}/cwd`) === folder
      );
    } catch {
      return false;
    }
  });
}

/** Ways of going wrong, and what is said of them. */
const ways: Readonly<Record<string, RegExp>> = {
  'wrong-shape': /scores\.npy has scores of \[4 × 4\], and tiny has 3 queries and 4 training points, save \[3 × 4\]/,
  nan: /scores\.npy has the score NaN for query "test\/2" and training point "train\/5", look for a division by 0/,
  'no-scores': /^the program succeeded but wrote no scores, write scores\.npy, or \.npz, or \.safetensors where/,
  'not-numpy': /scores\.npy is not a NumPy file/,
  truncated: /scores\.npy holds 12 bytes of data, expected 48/,
  'ten-gigabytes':
    /^the program wrote more than 1024 MiB into its folder|holds 10737418240 bytes, and such scores take/,
  'grows-for-ever': /^the program wrote more than 1024 MiB into its folder, write the scores and little else/,
  'link-out': /^the program made scores\.npy a link, write the scores into a file of their own$/,
  'prints-for-ever': /^the program printed more than 64 MiB; it printed: … x+, print less/,
  'fills-memory': /^the program took \d+ MiB of memory, more than budget\.memory \(300 MiB\), raise the budget/,
  'leaves-a-child': /^left a process behind that went on: \S+, wait for what the program starts/,
  'leaves-a-child-in-a-group-of-its-own': /^left a process behind that went on: /,
  'leaves-a-daemon': /^left a process behind that went on: \S+, wait for what the program starts/,
  'kills-itself': /^the program was killed \(SIGKILL\) and printed nothing, see all that it printed in /,
  'kills-its-parent': /^the program was killed \(SIGKILL\) and printed nothing/,
  fails:
    /^the program ended with exit code 3: loading the models \| ValueError: shapes \(3,4\) and \(5,\) do not match, see/,
  'two-files': /^the program wrote scores\.npy and scores\.npz, write the scores once$/,
};

describe.skipIf(process.platform !== 'linux')('a program that does not behave is one failure with its reason', () => {
  test.each(Object.entries(ways))('%s', async (way, said) => {
    const given = scoring(way);
    process.env.PWD_OF_TEST = given.folder;
    const failure = await scoreByProgram(given).then(
      () => undefined,
      (error) => error,
    );
    expect(failure?.line).toMatch(said);
    expect(survivors(given.folder)).toEqual([]);
  });
});

test('a program that never ends stops when it is told to, and nothing of it goes on', async () => {
  const start = performance.now();
  const cancel: CancelSignal = {
    get aborted() {
      return performance.now() - start > 300;
    },
    throwIfAborted() {},
  };
  const given = scoring('sleeps-for-ever', { cancel });
  process.env.PWD_OF_TEST = given.folder;
  await expect(scoreByProgram(given)).rejects.toThrow('cancelled');
  expect(survivors(given.folder)).toEqual([]);
});

/** A process that has a program score, and is killed while that goes on. */
const killed = `
import { scoreByProgram } from '@attribution-bench/exchange';
const folder = process.argv[1];
scoreByProgram({
  argv: [process.execPath, '-e', 'require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { detached: true }); console.log("progress 0.5"); setInterval(() => undefined, 1000)'],
  taskFolder: '/tmp/task', task: { id: 'tiny', key: 'k', trainIds: ['a'], queryIds: ['b'] }, folder, params: {}, seed: 0,
  random: [1, 2, 3, 4], checkpoints: 0, trajectory: 0, limits: {}, about: {},
  cancel: { aborted: false, throwIfAborted() {} },
  progress: () => process.kill(process.pid, 'SIGKILL'),
});
`;

test.skipIf(process.platform !== 'linux')('nothing of a program goes on when the bench is killed', async () => {
  const folder = join(temporaryFolder(), 'cell');
  const child = spawn(process.execPath, ['--input-type=module', '-e', killed, folder], {
    cwd: import.meta.dirname,
    env: { ...process.env, PWD_OF_TEST: folder },
    stdio: 'ignore',
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
  await vi.waitFor(() => expect(survivors(folder)).toEqual([]), 20_000);
});

test('a program sees no credentials of the SDK of Amazon', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const looks =
    'console.log("sees", Object.keys(process.env).filter((name) => name.startsWith("AWS_"))); process.exit(3)';
  const given = scoring('', { argv: [process.execPath, '-e', looks] });
  await expect(scoreByProgram(given).finally(() => vi.unstubAllEnvs())).rejects.toThrow('sees []');
});

test('a program that cannot be started is said to be so', async () => {
  await expect(scoreByProgram(scoring('good', { argv: ['no-such-program'] }))).rejects.toThrow(
    'the program "no-such-program" cannot be started: spawn no-such-program ENOENT',
  );
});

test('scores, cost and what was printed of a program that behaves', async () => {
  const given = scoring('good');
  const { scores, output, seconds } = await scoreByProgram(given);
  expect([...scores]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(output).toBe('pairwise');
  expect(seconds).toBeGreaterThan(0);
  expect(existsSync(given.folder)).toBe(false);
  expect(readFileSync(`${given.folder}.log`, 'utf8')).toBe('');
});

test('the request says all that a program is to know, and what it prints moves the progress', async () => {
  const program =
    'console.log("progress 0.25\\nprogress 1"); console.log(require("fs").readFileSync(process.argv[1], "utf8")); process.exit(1)';
  const heard: number[] = [];
  const given = scoring('good', { argv: [process.execPath, '-e', program], progress: (done) => heard.push(done) });
  await expect(scoreByProgram(given)).rejects.toThrow('exit code 1');
  const printed = readFileSync(`${given.folder}.log`, 'utf8');
  expect(JSON.parse(printed.slice(printed.indexOf('{')))).toEqual({
    schema: 'bench/request@1',
    task: '/tmp/task',
    output: join(given.folder, 'scores.npy'),
    params: { width: 3 },
    seed: 0,
    random: [1, 2, 3, 4],
    checkpoints: 1,
    trajectory: 0,
    limits: { seconds: null, memoryBytes: 300 * 2 ** 20 },
  });
  expect(heard).toEqual([0.25, 1]);
});

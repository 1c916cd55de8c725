import { cpSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bench, type RunningCommand, start } from './command.js';
import { boardBytes, type GridFolder, gridFolder } from './small-grid.js';
import { endedSteps, holdSteps } from './steps.js';

const grid = (folder: GridFolder, ...flags: string[]): RunningCommand =>
  start(['grid', ...folder.flags, '--progress', 'plain', ...flags], { cwd: folder.folder });

/** Resolves once a retraining is stored, or the command has ended. */
async function untilRetrained(command: RunningCommand, { results }: GridFolder): Promise<void> {
  let ended = false;
  void command.ending.finally(() => {
    ended = true;
  });
  while (!ended && !existsSync(join(results, 'store/retrain'))) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A run that nothing disturbed, and its board. */
const whole = gridFolder();
let undisturbed: string;
let undisturbedMs: number;

beforeAll(async () => {
  const before = performance.now();
  const { code, stdout, stderr } = await grid(whole, '--jobs', '1').ending;
  undisturbedMs = performance.now() - before;
  expect(stderr).not.toContain('FAILED');
  expect(code).toBe(0);
  for (const row of ['trak', 'grad-dot', 'random', 'ceiling']) expect(stdout.toLowerCase()).toContain(row);
  undisturbed = boardBytes(whole);
});

/** Keeps a run from its end, however fast it is, until the function that comes back is called. */
function holdTruth({ results }: GridFolder): Promise<() => Promise<void>> {
  const truth = endedSteps(whole.results)
    .flat()
    .find(({ label }) => label === 'truth of tiny');
  return holdSteps(results, [truth?.step ?? expect.fail('no truth was made')]);
}

test('two workers make the same board as one, byte for byte; a second run has nothing left to do', async () => {
  const folder = gridFolder();
  expect((await grid(folder, '--jobs', '2').ending).code).toBe(0);
  expect(boardBytes(folder)).toBe(undisturbed);
  const again = await grid(folder, '--jobs', '2').ending;
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('small: 0 steps to do');
  expect(boardBytes(folder)).toBe(undisturbed);
});

test('killed at random moments and started again, it ends with the same board', async () => {
  const folder = gridFolder();
  for (let kill = 0; kill < 3; kill++) {
    const run = grid(folder, '--jobs', '2');
    const delay = Math.random() * undisturbedMs;
    const timer = setTimeout(() => run.process.kill('SIGKILL'), delay);
    const { code } = await run.ending;
    clearTimeout(timer);
    expect([0, 'SIGKILL'], `killed after ${delay} ms`).toContain(code);
  }
  expect((await grid(folder, '--jobs', '2').ending).code).toBe(0);
  expect(boardBytes(folder)).toBe(undisturbed);
});

test('Ctrl-C stops cleanly with 4, says what is kept, and the same command continues', async () => {
  const folder = gridFolder();
  const release = await holdTruth(folder);
  const run = grid(folder, '--jobs', '1');
  await untilRetrained(run, folder);
  run.process.kill('SIGINT');
  const { code, stderr } = await run.ending;
  await release();
  expect(code).toBe(4);
  expect(stderr).toContain('stopping: what is finished is kept, the same command continues');
  expect(stderr).toMatch(/stopped: \d+ steps? done, .* left; .*the same command continues\n$/);
  const next = await grid(folder).ending;
  expect(next.code).toBe(0);
  expect(next.stderr).toMatch(/small: \d+ steps to do, [1-9]\d* stored already/);
  expect(boardBytes(folder)).toBe(undisturbed);
});

test('--max-time stops with 5 and shows the partial board', async () => {
  const folder = gridFolder();
  const release = await holdTruth(folder);
  const { code, stderr } = await grid(folder, '--max-time', '0.1s').ending;
  await release();
  expect(stderr).toContain('out of time (--max-time)');
  expect(code).toBe(5);
  expect((await grid(folder).ending).code).toBe(0);
  expect(boardBytes(folder)).toBe(undisturbed);
});

test.each([
  ['truncated', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  [
    'altered by one bit',
    (file: string) => {
      const bytes = readFileSync(file);
      bytes[bytes.length - 3] ^= 4;
      writeFileSync(file, bytes);
    },
  ],
])('an artifact that is %s is named, set aside and made again', async (_, damage) => {
  const folder = gridFolder();
  cpSync(whole.results, folder.results, { recursive: true });
  const store = join(folder.results, 'store');
  const victim = readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.startsWith('score') && file.endsWith('.safetensors'))
    .sort()[0];
  damage(join(store, victim));
  const { code, stderr } = await grid(folder).ending;
  expect(code).toBe(0);
  expect(stderr).toContain(victim);
  expect(stderr).toContain('set aside');
  expect(boardBytes(folder)).toBe(undisturbed);
  expect(readdirSync(store, { recursive: true, encoding: 'utf8' })).toContainEqual(
    expect.stringContaining(`${victim}.corrupt-1`),
  );
});

test('status and report read what is stored', async () => {
  const folder = gridFolder();
  await grid(folder, '--only', '*/random').ending;
  const status = await bench(['status', '--results', 'results', '--json'], { cwd: folder.folder });
  expect(JSON.parse(status.stdout)).toMatchObject([{ grid: 'small', state: 'finished', failed: 0 }]);
  const report = await bench(['report', ...folder.flags], { cwd: folder.folder });
  expect(report.code).toBe(0);
  expect(report.stdout).toContain('incomplete');
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Board } from '@attribution-bench/leaderboard';
import { beforeAll, expect, test } from 'vitest';
import { bench, type Ending, start } from './command.js';
import { boardBytes, type GridFolder, gridFolder } from './small-grid.js';
import { type EndedStep, endedSteps, holdSteps } from './steps.js';

/** A grid whose best two methods take some looks to tell apart. */
const growing = `schema: bench/grid@1
name: grows
seed: 3
tasks:
  - id: tiny
    data: { use: digits, train: 120, queries: 60 }
    model: { use: mlp, hidden: [8], epochs: 12, batch: 32, lr: 0.1 }
    target: margin
truth: { subsets: 12, fraction: 0.5, retrainSeeds: 2 }
methods:
  - use: random
  - use: grad-dot
  - use: pixel-similarity
  - use: trak
    grid: { projDim: [16, 32] }
metrics:
  - use: lds
select: { by: lds, tuneFraction: 0.25 }
report: { resamples: 200 }
`;

const settle = (folder: GridFolder, ...flags: string[]) =>
  start(['grid', ...folder.flags, '--progress', 'plain', '--until-settled', '10m', '--looks', '6', ...flags], {
    cwd: folder.folder,
  });

const verb = (folder: GridFolder, ...args: string[]): Promise<Ending> => bench(args, { cwd: folder.folder });

const boardOf = (folder: GridFolder): Board => JSON.parse(boardBytes(folder, 'grows'));

/** Chosen parameters and digests of the scores of every row. */
const scored = ({ rows }: Board) =>
  Object.fromEntries(rows.map(({ entry, params, scoresDigests }) => [entry, { params, scoresDigests }]));

let folder: GridFolder;
let ending: Ending;
let board: Board;
let undisturbed: string;
/** What was done after the first look. */
let laterSteps: EndedStep[];

beforeAll(async () => {
  folder = gridFolder(growing);
  ending = await settle(folder, '--jobs', '1').ending;
  laterSteps = endedSteps(folder.results).slice(1).flat();
  undisturbed = boardBytes(folder, 'grows');
  board = boardOf(folder);
}, 300_000);

/** The step of a label, of the first run that ended one. */
function stepOf(label: string): string {
  const ended = endedSteps(folder.results).flat();
  return ended.find((each) => each.label === label)?.step ?? expect.fail(`there was no step "${label}"`);
}

test('grows look by look, stops where the best method is ahead of all others, and says so', () => {
  expect(ending.code).toBe(0);
  const [{ settling, truth }] = board.tasks;
  const looks = ending.stderr.match(/tiny: look \d of at most 6, \d+ subsets/g);
  expect(looks).toEqual(
    Array.from({ length: settling?.look ?? 0 }, (_, i) => `tiny: look ${i + 1} of at most 6, ${12 * (i + 1)} subsets`),
  );
  expect(settling?.look).toBeGreaterThan(2);
  expect(settling?.look).toBeLessThan(6);
  expect(settling?.ties).toEqual([]);
  expect(truth?.subsets).toBe(12 * (settling?.look ?? 0));
  expect(ending.stdout.replace(/\s+/g, ' ')).toContain(
    `this is look ${settling?.look} of at most 6, at ${truth?.subsets} subsets`,
  );
  expect(ending.stdout.replace(/\s+/g, ' ')).toContain('The best method is significantly ahead of all others.');
});

test('a look adds retrainings, truth and metrics, and nothing else', () => {
  const steps = laterSteps.map(({ label }) => label);
  expect(steps).toContain('retrain tiny subsets 12-23 seed 1');
  expect(steps).toContain('truth of tiny');
  expect(steps).toContain('lds of tiny/trak projDim=32');
  expect(steps).not.toContainEqual(expect.stringMatching(/subsets 0-/));
  expect(steps.filter((step) => !/^(retrain|truth of|lds of) /.test(step))).toEqual([]);
});

test('report shows the board as it was grown, plan its size, and the same command has nothing left to do', async () => {
  expect((await verb(folder, 'report', ...folder.flags)).code).toBe(0);
  expect(boardBytes(folder, 'grows')).toBe(undisturbed);
  const plan = await verb(folder, 'plan', ...folder.flags, '--json');
  const retrainings = 2 * (board.tasks[0].truth?.subsets ?? 0);
  expect(JSON.parse(plan.stdout).tasks[0].truth).toMatchObject({ cached: retrainings, total: retrainings });
  const again = await settle(folder).ending;
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('grows: 0 steps to do');
  expect(boardBytes(folder, 'grows')).toBe(undisturbed);
});

test('killed at any moment and started again with more workers, it ends with the same board', async () => {
  const other = gridFolder(growing);
  for (const [pattern, label] of [
    [/steps to do/, 'truth of tiny'],
    [/look 2/, 'retrain tiny subsets 24-35 seed 1'],
  ] as const) {
    const release = await holdSteps(other.results, [stepOf(label)]);
    const run = settle(other, '--jobs', '2');
    run.process.stderr?.on('data', () => {
      if (pattern.test(run.errors())) run.process.kill('SIGKILL');
    });
    expect((await run.ending).code).toBe('SIGKILL');
    await release();
  }
  expect((await settle(other, '--jobs', '2').ending).code).toBe(0);
  expect(boardBytes(other, 'grows')).toBe(undisturbed);
}, 300_000);

test('out of time it shows the last look that was finished and ends with 5', async () => {
  const other = gridFolder(growing);
  const release = await holdSteps(other.results, [stepOf('retrain tiny subsets 12-23 seed 1')]);
  const run = settle(other);
  run.process.stderr?.on('data', () => {
    if (/look 1[\s\S]*steps to do/.test(run.errors())) run.process.kill('SIGKILL');
  });
  await run.ending;
  await release();
  const report = await verb(other, 'report', ...other.flags);
  expect(report.code).toBe(0);
  const first = boardOf(other);
  expect(first.tasks[0].settling).toMatchObject({ look: 1, looks: 6, errorShare: expect.closeTo(0.2518, 3) });
  expect(scored(first)).toEqual(scored(board));
  expect(first.rows.every(({ status }) => status === 'ok')).toBe(true);
  const hurried = await settle(other, '--until-settled', '0.1s').ending;
  expect(hurried.code).toBe(5);
  expect(boardOf(other)).toEqual(first);
}, 300_000);

test('refuses what would undo the bound: other looks afterwards, a baseline of a grown truth, part of the cells', async () => {
  const looks = await settle(folder, '--looks', '9').ending;
  expect(looks.code).toBe(2);
  expect(looks.stderr).toMatch(/--looks 9 tiny was begun with at most 6 looks/);
  const only = await settle(folder, '--only', '*/trak').ending;
  expect(only.code).toBe(2);
  expect(only.stderr).toContain("cannot be used with option '--only <glob>'");
  const alone = await verb(folder, 'grid', ...folder.flags, '--top', '2');
  expect(alone.code).toBe(2);
  expect(alone.stderr).toContain('--top says how a truth is grown, and nothing is to be grown');
  const grid = join(folder.folder, 'grid.yaml');
  writeFileSync(grid, `${readFileSync(grid, 'utf8')}check: { baseline: baseline.json, tolerance: 0.02 }\n`);
  const check = await verb(folder, 'check', ...folder.flags);
  expect(check.code).toBe(2);
  expect(check.stderr).toContain('tiny has a truth that was grown in this results folder');
});

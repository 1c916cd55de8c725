import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bench, type Ending } from './command.js';
import { boardBytes, type GridFolder, gridFolder, smallGrid } from './small-grid.js';

const run = ({ folder, flags }: GridFolder, ...more: string[]): Promise<Ending> =>
  bench(['grid', ...flags, '--progress', 'plain', ...more], { cwd: folder });

test('wrong keys, types and names: one line each with its place, exit code 2', async () => {
  const wrong = [
    ['retrainSeeds', 'retrainSeed', '9:38 unknown key "retrainSeed", did you mean "retrainSeeds"?'],
    ['epochs: 4', 'epochs: four', '7:45 expected a whole number, found "four"'],
    ['use: grad-dot', 'use: grad-dott', '12:10 there is no method "grad-dott", did you mean "grad-dot"?'],
    ['use: digits', 'use: digitz', '6:18 data "digitz" is not known, did you mean "digits"?'],
  ];
  const grid = wrong.reduce((text, [good, bad]) => text.replace(good, bad), smallGrid);
  const { code, stdout, stderr } = await run(gridFolder(grid));
  expect(stderr.trim().split('\n').sort()).toEqual(wrong.map(([, , line]) => `error: grid.yaml:${line}`).sort());
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('no task at all: one line with its place, exit code 2', async () => {
  const { code, stdout, stderr } = await run(gridFolder(smallGrid.replace(/tasks:\n(?: {2}.*\n)+/, 'tasks: []\n')));
  expect(stderr).toBe('error: grid.yaml:4:8 expected a list of at least 1, found []\n');
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('a grid whose filters leave 0 cells', async () => {
  const { code, stderr } = await run(gridFolder(), '--only', 'nothing/*');
  expect(stderr).toBe(
    'error: --only nothing/* matches no cell, globs match task/method; tasks: tiny; methods: random, grad-dot, trak\n',
  );
  expect(code).toBe(2);
});

test('a dataset file that is missing, then one that is corrupt', async () => {
  const folder = gridFolder(
    smallGrid.replace('use: digits', 'use: fashion-mnist, path: images').replace('train: 120', 'train: 100'),
  );
  const missing = await run(folder);
  expect(missing.stderr).toContain('found no train-images-idx3-ubyte');
  expect(missing.code).toBe(2);
  mkdirSync(join(folder.folder, 'images'));
  writeFileSync(join(folder.folder, 'images/train-images-idx3-ubyte'), 'not an IDX file');
  const corrupt = await run(folder);
  expect(corrupt.stderr).toContain('train-images-idx3-ubyte');
  expect(corrupt.code).toBe(2);
});

test('a method that gives NaN fails its cell with the reason, the others are ranked, exit code 1', async () => {
  const folder = gridFolder(smallGrid.replace('- use: grad-dot', '- use: ./not-a-number.mjs'));
  writeFileSync(
    join(folder.folder, 'not-a-number.mjs'),
    `export default {
  id: 'not-a-number', title: 'NaN', family: 'similarity', origin: 'baseline', cite: 'none', revision: 1,
  contract: 1, scoreShape: 'pairwise', tasks: ['classifier'], needs: [], params: {}, expectSignal: false,
  uses: () => ({ checkpoints: 1, trajectory: 1 }), supports: () => true, fit: async () => ({}),
  score: async ({ task }) => new Float32Array(task.train * task.queries).fill(NaN),
};
`,
  );
  const { code, stdout, stderr } = await run(folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(/failed: tiny\/not-a-number.*: .*NaN/);
  expect(stdout).toContain('failed');
  const board = JSON.parse(boardBytes(folder)) as { rows: { method: string; status: string; rank?: unknown }[] };
  const row = (method: string) => board.rows.find((each) => each.method === method);
  expect(row('not-a-number')).toMatchObject({ status: 'failed' });
  expect(row('trak')).toMatchObject({ status: 'ok', rank: {} });
});

test('a results folder that is a file', async () => {
  const folder = gridFolder();
  rmSync(folder.results, { recursive: true });
  writeFileSync(folder.results, 'a file where the folder should be');
  const { code, stderr } = await run(folder);
  expect(stderr).toMatch(/^error: .*results.*not a directory.*, check the folder that --results names\n$/);
  expect(code).toBe(2);
});

const mountable = process.platform === 'linux' && process.getuid?.() === 0;

/** Puts a file system of a size on the results folder until the test ends; returns how to change it. */
function mountResults({ results }: GridFolder, options: string): (options: string) => void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', results]);
  onTestFinished(() => {
    execFileSync('umount', [results]);
  });
  return (changed) => execFileSync('mount', ['-o', `remount,${changed}`, results]);
}

test.skipIf(!mountable)('a results folder that cannot be written', async () => {
  const folder = gridFolder();
  const remount = mountResults(folder, 'ro');
  const { code, stderr } = await run(folder);
  expect(stderr).toMatch(/^error: .*results.* cannot be written: .*\n$/);
  expect(code).toBe(2);
  remount('rw');
  expect((await run(folder)).code).toBe(0);
});

test.skipIf(!mountable)(
  'the board of results that can be read alone is printed, and that it is not written is said',
  async () => {
    const folder = gridFolder();
    const remount = mountResults(folder, 'size=64m');
    const { stdout } = await run(folder);
    remount('ro');
    const report = await bench(['report', ...folder.flags], { cwd: folder.folder });
    expect(report.stdout).toBe(stdout);
    expect(report.stderr).toMatch(/^board not written: .*results\/boards.* cannot be written: .*\n$/);
    expect(report.code).toBe(0);
    remount('rw');
  },
);

test.skipIf(!mountable)('a full disk stops the run with one error and loses nothing', async () => {
  const folder = gridFolder();
  const remount = mountResults(folder, 'size=256k');
  const { code, stderr } = await run(folder);
  expect(stderr.match(/^error: .*$/gm)).toEqual([
    expect.stringMatching(/cannot be written: the disk or quota is full, free some space .* finished steps are kept$/),
  ]);
  expect(code).toBe(6);
  remount('size=64m');
  const again = await run(folder);
  expect(again.stderr).toMatch(/[1-9]\d* stored already/);
  expect(again.code).toBe(0);
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { bench, type Ending, start } from './command.js';
import { boardBytes, gridFolder } from './small-grid.js';

const grid = (folder: string, flags: readonly string[]) =>
  start(['grid', ...flags, '--progress', 'plain', '--jobs', '1'], { cwd: folder });

const doneIn = (stderr: string): number => Number(/(\d+) steps? done/.exec(stderr)?.[1]);

const alone = gridFolder();
let single: Ending;
beforeAll(async () => {
  single = await grid(alone.folder, alone.flags).ending;
  expect(single.code).toBe(0);
});

test('two commands on one results folder share the work, and print and write the board that one alone does', async () => {
  const { folder, flags, results } = gridFolder();
  const both = [grid(folder, flags), grid(folder, flags)];
  const [first, second] = await Promise.all(both.map(({ ending }) => ending));
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(doneIn(first.stderr) + doneIn(second.stderr)).toBeLessThanOrEqual(doneIn(single.stderr));
  expect(first.stdout).toContain('TRAK');
  expect(second.stdout).toBe(first.stdout);
  expect(boardBytes({ folder, flags, results })).toBe(boardBytes(alone));

  const { stdout } = await bench(['status', '--results', 'results', '--limit', '1'], { cwd: folder });
  expect(stdout).toMatch(/run .*host .*by others/);
  expect(stdout).toContain('finished');
});

test('when one of two commands is killed, the other finishes the board', async () => {
  const shared = gridFolder();
  const both = [grid(shared.folder, shared.flags), grid(shared.folder, shared.flags)] as const;
  const killing = setInterval(() => {
    if (existsSync(join(shared.results, 'store/retrain'))) both[0].process.kill('SIGKILL');
  }, 5);
  const [killed, survivor] = await Promise.all(both.map(({ ending }) => ending));
  clearInterval(killing);
  expect(['SIGKILL', 0]).toContain(killed.code);
  expect(survivor.code).toBe(0);
  expect(boardBytes(shared)).toBe(boardBytes(alone));
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bench, startProgram, temporaryFolder, workspace } from './command.js';

const packages = join(workspace, 'node_modules');

test('a new method outside the repository compiles, passes its tests and gets onto a board', async () => {
  const parent = temporaryFolder();
  const { stdout } = await bench(['new-method', 'brand-new', '--cite', "O'Neil 2026", '--tasks', 'classifier'], {
    cwd: parent,
  });
  expect(stdout).toContain('src/brand-new.ts');
  const cwd = join(parent, 'brand-new');
  symlinkSync(packages, join(cwd, 'node_modules'), 'junction');
  for (const program of [['tsc'], ['vitest', 'run']]) {
    const { code, stdout, stderr } = await startProgram(join(packages, '.bin', program[0]), program.slice(1), { cwd })
      .ending;
    expect(code, stdout + stderr).toBe(0);
  }
  const grid = await bench(['grid', '--config', 'grid.yaml', '--progress', 'none'], { cwd });
  expect(grid.stdout).toContain('Brand new');
  expect(grid.code).toBe(0);
}, 240_000);

const client = join(workspace, 'packages/python-client');
const python = ['python3', '/usr/bin/python3'].find(
  (each) => spawnSync(each, ['-c', 'import numpy, pytest']).status === 0,
);

test('a new method in Python passes its tests and gets onto a board', async (context) => {
  if (python === undefined) return context.skip('no python3 with NumPy and pytest');
  const parent = temporaryFolder();
  const args = ['new-method', 'brand-new', '--python', '--title', 'Say "new"', '--tasks', 'classifier'];
  const { stdout } = await bench(args, { cwd: parent });
  expect(stdout).toContain('method.py');
  const cwd = join(parent, 'brand-new');
  symlinkSync(packages, join(cwd, 'node_modules'), 'junction');
  // As in an environment where attribution-bench is installed and `python3` is the one that has it.
  const bin = join(parent, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'python3'), `#!/bin/sh\nexec ${python} "$@"\n`, { mode: 0o755 });
  const env = { PYTHONPATH: join(client, 'src'), PYTHONDONTWRITEBYTECODE: '1', PATH: `${bin}:${process.env.PATH}` };
  const tests = await startProgram(python, ['-m', 'pytest', '-p', 'no:cacheprovider'], { cwd, env }).ending;
  expect(tests.code, tests.stdout + tests.stderr).toBe(0);
  expect(tests.stdout).toContain('2 passed');
  const toml = 'import sys, tomllib; print(tomllib.load(open("pyproject.toml", "rb"))["project"]["description"])';
  const manifest = spawnSync(python, ['-c', toml], { cwd, encoding: 'utf8' });
  expect(manifest.stdout).toContain('Say "new", an attribution method');
  const grid = await bench(['grid', '--config', 'grid.yaml', '--progress', 'none'], { cwd, env });
  expect(grid.code, grid.stderr).toBe(0);
  const { rows } = JSON.parse(readFileSync(join(cwd, 'results/boards/brand-new/board.json'), 'utf8'));
  const row = rows.find(({ method }: { method: string }) => method === 'brand-new');
  expect(row).toMatchObject({ status: 'ok', title: 'Say "new"', origin: 'external' });
}, 240_000);

test('what its manifest asks for is what this repository is tested with', async () => {
  const parent = temporaryFolder();
  await bench(['new-method', 'brand-new'], { cwd: parent });
  const asked = manifestIn(join(parent, 'brand-new')).devDependencies;
  const own = manifestIn(workspace);
  for (const name of ['@types/node', 'typescript', 'vitest']) expect(asked[name]).toBe(`^${own.devDependencies[name]}`);
  expect(asked['@attribution-bench/bench']).toBe(`^${own.version}`);
});

test.each([
  [['Brand_New'], '"Brand_New" is not an id'],
  [['brand-new', '--title', 'two\nlines'], '--title holds a line break'],
  [['brand-new', '--to', '.'], 'is not empty, and nothing is overwritten'],
])('%j is refused and leaves nothing', async (args, message) => {
  const cwd = temporaryFolder();
  symlinkSync(packages, join(cwd, 'node_modules'), 'junction');
  const { code, stderr } = await bench(['new-method', ...args], { cwd });
  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(readdirSync(cwd)).toEqual(['node_modules']);
  expect(existsSync(join(cwd, 'brand-new'))).toBe(false);
});

function manifestIn(folder: string): { version: string; devDependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

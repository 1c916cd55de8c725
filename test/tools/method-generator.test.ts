import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram, temporaryFolder, workspace } from '../e2e/command.js';

const bin = join(workspace, 'node_modules/.bin');

/** A workspace of its own whose packages are this one's. */
function twinWorkspace(): string {
  const twin = temporaryFolder();
  for (const file of [
    'package.json',
    'nx.json',
    'tsconfig.base.json',
    'tsconfig.json',
    'vitest.config.ts',
    'biome.json',
  ]) {
    cpSync(join(workspace, file), join(twin, file));
  }
  symlinkSync(join(workspace, 'node_modules'), join(twin, 'node_modules'));
  symlinkSync(join(workspace, 'tools'), join(twin, 'tools'));
  mkdirSync(join(twin, 'packages'));
  for (const name of readdirSync(join(workspace, 'packages'))) {
    symlinkSync(join(workspace, 'packages', name), join(twin, 'packages', name));
  }
  return twin;
}

test('the generator makes a method that compiles, is formatted and passes the contract tests', async () => {
  const cwd = twinWorkspace();
  const generate = (id: string) =>
    startProgram(join(bin, 'nx'), ['g', '@attribution-bench/tools:method', id, '--cite', "O'Neil 2026"], { cwd })
      .ending;
  const made = await generate('brand-new');
  expect(made).toMatchObject({ code: 0 });
  expect(made.stdout).toContain('npm install');
  expect(readFileSync(join(cwd, 'tsconfig.json'), 'utf8')).toContain('"path": "packages/method-brand-new"');

  const checks = await Promise.all([
    startProgram(join(bin, 'tsc'), ['-b', 'packages/method-brand-new'], { cwd }).ending,
    startProgram(join(bin, 'biome'), ['check', '--vcs-enabled=false', 'packages/method-brand-new', 'tsconfig.json'], {
      cwd,
    }).ending,
    startProgram(join(bin, 'vitest'), ['run', 'packages/method-brand-new'], { cwd }).ending,
  ]);
  for (const { code, stdout, stderr } of checks) expect(code, stdout + stderr).toBe(0);

  const again = await generate('brand-new');
  expect(again.code).toBe(1);
  expect(again.stdout + again.stderr).toContain('packages/method-brand-new exists already');
  const misnamed = await generate('Brand_New');
  expect(misnamed.code).toBe(1);
  expect(misnamed.stdout + misnamed.stderr).toContain("'Brand_New' should match the pattern");
});

import { cpSync, type Dirent, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startProgram, temporaryFolder, workspace } from '../e2e/command.js';

const bin = join(workspace, 'node_modules/.bin');
const scope = '@attribution-bench';

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
    'LICENSE',
  ]) {
    cpSync(join(workspace, file), join(twin, file));
  }
  linkEntries(join(workspace, 'node_modules'), join(twin, 'node_modules'), ({ name }) => name !== scope);
  symlinkSync(join(workspace, 'tools'), join(twin, 'tools'));
  linkEntries(join(workspace, 'packages'), join(twin, 'packages'), ({ name }) => name !== 'bench');
  const [bench, twinBench] = [workspace, twin].map((root) => join(root, 'packages/bench'));
  linkEntries(bench, twinBench, ({ name }) => name !== 'package.json');
  cpSync(join(bench, 'package.json'), join(twinBench, 'package.json'));
  linkEntries(join(workspace, 'node_modules', scope), join(twin, 'node_modules', scope));
  return twin;
}

function linkEntries(from: string, to: string, takes: (entry: Dirent) => boolean = () => true): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true }).filter(takes))
    symlinkSync(join(from, entry.name), join(to, entry.name));
}

const cwd = twinWorkspace();
const generate = (id: string, ...options: string[]) =>
  startProgram(join(bin, 'nx'), ['g', '@attribution-bench/tools:method', id, '--cite', "O'Neil 2026", ...options], {
    cwd,
  }).ending;
const made: Awaited<ReturnType<typeof generate>>[] = [];
beforeAll(async () => {
  made.push(await generate('brand-new'), await generate('for-generators', '--tasks', 'generator'));
});

test('the generator makes methods that compile, are formatted and pass the contract tests', async () => {
  expect(made).toMatchObject([{ code: 0 }, { code: 0 }]);
  const folders = ['packages/method-brand-new', 'packages/method-for-generators'];
  const sources = folders.flatMap((folder) => [`${folder}/src`, `${folder}/test`, `${folder}/package.json`]);
  const checks = await Promise.all([
    startProgram(join(bin, 'tsc'), ['-b', ...folders], { cwd }).ending,
    startProgram(join(bin, 'biome'), ['check', '--vcs-enabled=false', ...sources, 'tsconfig.json'], { cwd }).ending,
    startProgram(join(bin, 'vitest'), ['run', ...folders], { cwd }).ending,
    startProgram(process.execPath, [join(workspace, 'tools/scripts/check-manifests.mjs'), cwd]).ending,
  ]);
  for (const { code, stdout, stderr } of checks) expect(code, stdout + stderr).toBe(0);
}, 180_000);

test('the new package is known to the compiler and found by its name', () => {
  expect(made[0].stdout).toContain('npm install');
  expect(readFileSync(join(cwd, 'tsconfig.json'), 'utf8')).toContain('"path": "packages/method-brand-new"');
  expect(realpathSync(join(cwd, 'node_modules', scope, 'method-brand-new'))).toBe(
    realpathSync(join(cwd, 'packages/method-brand-new')),
  );
});

test('an id that is taken or misspelt is refused', async () => {
  const again = await generate('brand-new');
  expect(again.code).toBe(1);
  expect(again.stdout + again.stderr).toContain('packages/method-brand-new exists already');
  const misnamed = await generate('Brand_New');
  expect(misnamed.code).toBe(1);
  expect(misnamed.stdout + misnamed.stderr).toContain("'Brand_New' should match the pattern");
});

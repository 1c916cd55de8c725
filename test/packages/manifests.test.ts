import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ending, startProgram, temporaryFolder, workspace } from '../e2e/command.js';

const check = (root: string): Promise<Ending> =>
  startProgram(process.execPath, [join(workspace, 'tools/scripts/check-manifests.mjs'), root]).ending;

/** A workspace of one package, metrics, whose manifest differs in one place from the real one. */
function workspaceWith(change: (manifest: Record<string, Record<string, unknown>>, folder: string) => void): string {
  const root = temporaryFolder();
  const folder = join(root, 'packages/metrics');
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'LICENSE']) cpSync(join(workspace, file), join(root, file));
  for (const file of ['LICENSE', 'README.md', 'src'])
    cpSync(join(workspace, 'packages/metrics', file), join(folder, file), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(workspace, 'packages/metrics/package.json'), 'utf8'));
  change(manifest, folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  return root;
}

test('every manifest of this workspace has the shape', async () => {
  expect(await check(workspace)).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.each<[string, Parameters<typeof workspaceWith>[0], string]>([
  [
    'a name of another folder',
    (manifest) => Object.assign(manifest, { name: '@attribution-bench/metric' }),
    'must be named',
  ],
  ['a version of its own', (manifest) => Object.assign(manifest, { version: '9.0.0' }), 'must have version'],
  ['no description', (manifest) => delete manifest.description, 'must have a description'],
  ['no keywords', (manifest) => delete manifest.keywords, 'must have keywords'],
  ['no Node version', (manifest) => delete manifest.engines, 'must have engines.node'],
  ['install scripts', (manifest) => Object.assign(manifest, { scripts: { postinstall: 'x' } }), 'must have no scripts'],
  ['build info in its tarball', (manifest) => Object.assign(manifest, { files: ['dist', 'src'] }), '!**/*.tsbuildinfo'],
  ['no types', (manifest) => delete (manifest.exports['.'] as { types?: string }).types, 'must export "."'],
  [
    'an upper layer',
    ({ dependencies }) => Object.assign(dependencies, { '@attribution-bench/runner': '0.1.0' }),
    'runner',
  ],
  [
    'a stale version',
    ({ dependencies }) => Object.assign(dependencies, { '@attribution-bench/contract': '0.0.9' }),
    '0.0.9',
  ],
  ['no license file', (_, folder) => rmSync(join(folder, 'LICENSE')), 'needs the LICENSE'],
  ['no README', (_, folder) => rmSync(join(folder, 'README.md')), 'needs a README.md'],
])('%s is found', async (_, change, problem) => {
  const { code, stderr } = await check(workspaceWith(change));
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(problem)]);
  expect(stderr).toContain('packages/metrics/package.json ');
  expect(code).toBe(1);
});
